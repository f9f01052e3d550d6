"""From audio to utterances, their words as segments, and broken input."""

import gzip
import json
from itertools import pairwise
from weakref import WeakSet

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.evaluation.spoken import describe_spoken
from crosstalk.params.speech import FeatureParams
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.extraction import extract_utterances, frame_range
from crosstalk.speech.features import levels, mfcc
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances, read_width

RAW = FeatureParams(normalisation="none")
RATE = 16000


class Corpus:
    """Two utterances in one file: known words at known times, in noise."""

    def __init__(self, folder):
        self.folder = folder
        self.samples = (np.random.default_rng(0).standard_normal(3 * RATE) * 3000).astype(np.int16)
        self.audio = folder / "audio.flac"
        soundfile.write(self.audio, self.samples, RATE, subtype="PCM_16")
        self.recordings = folder / "recordings.jsonl.gz"
        self.supervisions = folder / "supervisions.jsonl.gz"
        self.utterances = folder / "utterances.safetensors"
        self.words = folder / "words.safetensors"
        source = {"type": "file", "channels": [0], "source": "audio.flac"}
        recording = {"id": "r", "sources": [source], "sampling_rate": RATE}
        self.write(self.recordings, [recording | {"num_samples": 3 * RATE, "duration": 3.0}])
        self.write(
            self.supervisions,
            [
                self.utterance(
                    "m0", 0.0, 1.0, "ann", "train", [("the", 0.1, 0.2), ("elf", 0.3, 0.5)]
                ),
                self.utterance(
                    "m1", 1.0, 2.0, "bob", "test", [("the", 1.5, 0.004), ("a", 2.99, 0.01)]
                ),
            ],
        )

    @staticmethod
    def utterance(name, start, duration, speaker, split, words):
        return {
            "id": name,
            "recording_id": "r",
            "start": start,
            "duration": duration,
            "channel": 0,
            "speaker": speaker,
            "alignment": {"word": [list(word) for word in words]},
            "custom": {"message_id": name, "split": split},
        }

    @staticmethod
    def write(path, rows):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        path.write_bytes(gzip.compress(lines.encode(), mtime=0))

    def extract(self, cfg=RAW):
        extract_utterances(
            cfg=cfg,
            recordings=self.recordings,
            supervisions=self.supervisions,
            audio=[self.audio],
            utterances=self.utterances,
            words=self.words,
        )
        return Utterances.load(self.utterances)


@pytest.fixture
def corpus(tmp_path):
    return Corpus(tmp_path)


def cut(utterances, split):
    rows = utterances.words_of(split)
    return Segments.cut(utterances, utterances.word_first[rows], utterances.word_last[rows])


def test_words_are_cut_out_of_their_utterance(corpus):
    utterances = corpus.extract()
    first = mfcc(corpus.samples[:RATE].astype(np.float32) / 32768, RAW)
    second = mfcc(corpus.samples[RATE:].astype(np.float32) / 32768, RAW)
    np.testing.assert_array_equal(utterances.frames, np.concatenate([first, second]))
    assert utterances.offsets.tolist() == [0, 100, 300]
    # 10 ms frames: 0.1 to 0.3 s, 0.3 to 0.8 s, then two words too short to own a centre or nearly.
    for split, expected in (
        ("train", [first[10:30], first[30:80]]),
        ("test", [second[50:51], second[199:200]]),
    ):
        segments = cut(utterances, split)
        np.testing.assert_array_equal(segments.frames, np.concatenate(expected))
        assert np.diff(segments.offsets).tolist() == [len(piece) for piece in expected]
    assert cut(utterances, "test").utterance.tolist() == [1, 1]
    assert [utterances.vocabulary[i] for i in utterances.word] == ["the", "elf", "the", "a"]
    assert utterances.vocabulary == ["the", "a", "elf"]
    assert [utterances.speakers[i] for i in utterances.speaker] == ["ann", "bob"]
    assert utterances.messages == ["m0", "m1"]
    assert len(utterances.words_of("dev")) == 0


def test_the_true_segmentation_is_that_of_the_training_words(corpus):
    corpus.extract()
    words = Segmentation.load(corpus.words)
    assert (words.first.tolist(), words.last.tolist()) == ([10, 30], [30, 80])


def test_levels_are_those_of_the_frames(corpus):
    cosine = 0.5 * np.cos(np.arange(RATE) * 2 * np.pi * 400 / RATE).astype(np.float32)
    expected = 20 * np.log10(0.5 / np.sqrt(2))
    np.testing.assert_allclose(levels(cosine, RAW)[2:-2], expected, atol=1e-3)
    assert len(corpus.extract().energy) == 300


def test_the_width_of_frames_is_read_without_them(corpus, monkeypatch):
    utterances = corpus.extract()
    monkeypatch.setattr(Utterances, "load", None)
    assert read_width(corpus.utterances) == utterances.frames.shape[1]
    corpus.utterances.write_bytes(b"no tensors")
    with pytest.raises(DataError, match="not a file of utterances"):
        read_width(corpus.utterances)


def test_corpora_are_described_one_at_a_time(corpus, monkeypatch):
    corpus.extract()
    load, alive = Utterances.load, WeakSet()

    def load_alone(path):
        assert not alive
        loaded = load(path)
        alive.add(loaded)
        return loaded

    monkeypatch.setattr(Utterances, "load", load_alone)
    measures = corpus.folder / "spoken.csv"
    describe_spoken(
        shift_ms=10.0, rows=["a", "b"], utterances=[corpus.utterances] * 2, measures=measures
    )
    rows = pd.read_csv(measures).pivot_table("value", "row", "column")
    assert rows.index.tolist() == ["a", "b"]
    assert rows["distinct words"].tolist() == [3, 3]
    assert rows["test words"].tolist() == [2, 2]
    assert rows["test (hours)"].tolist() == pytest.approx([2 / 3600] * 2, abs=1e-4)


def test_saving_is_lossless_and_reproducible(corpus):
    utterances = corpus.extract()
    again = corpus.folder / "again.safetensors"
    utterances.save(again)
    assert again.read_bytes() == corpus.utterances.read_bytes()
    for name, value in vars(Utterances.load(again)).items():
        np.testing.assert_array_equal(getattr(utterances, name), value)
        assert getattr(value, "dtype", None) == getattr(getattr(utterances, name), "dtype", None)


def test_speakers_are_normalised_over_their_utterances(corpus):
    ann = corpus.extract(FeatureParams(normalisation="speaker")).frames[:100]
    np.testing.assert_allclose(ann.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(ann.std(axis=0), 1, atol=1e-3)


@given(st.lists(st.floats(0, 2), min_size=2, max_size=10), st.integers(1, 200))
def test_words_take_disjoint_frames_of_the_utterance(times, frames):
    words = list(pairwise(sorted(times)))
    taken = [frame_range(start, end, frames, RAW) for start, end in words]
    assert all(0 <= first < last <= frames for first, last in taken)
    # Words of at least a frame inside the utterance own theirs; shorter ones may share.
    owners = [
        owned
        for owned, (start, end) in zip(taken, words, strict=True)
        if end - start >= 0.011 and end < frames / 100
    ]
    assert all(before[1] <= after[0] for before, after in pairwise(owners))


def test_truncated_audio_is_named(corpus):
    corpus.audio.write_bytes(corpus.audio.read_bytes()[:20000])
    with pytest.raises(DataError, match=r"audio\.flac (ends before|breaks off in) utterance m"):
        corpus.extract()


def test_audio_that_is_no_audio_is_named(corpus):
    corpus.audio.write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match=r"audio\.flac is not readable audio"):
        corpus.extract()


def test_another_sampling_rate_is_named(corpus):
    soundfile.write(corpus.audio, corpus.samples, 8000, subtype="PCM_16")
    with pytest.raises(DataError, match=r"1 channel.* at 8000 Hz, not one at 16000 Hz"):
        corpus.extract()


def test_audio_that_was_not_given_is_named(corpus):
    corpus.audio = corpus.audio.rename(corpus.folder / "other.flac")
    with pytest.raises(DataError, match="audio of recording r was not given"):
        corpus.extract()


def test_no_aligned_word_is_an_error(corpus):
    silent = Corpus.utterance("m0", 0.0, 1.0, "ann", "train", [])
    corpus.write(corpus.supervisions, [silent])
    with pytest.raises(DataError, match="holds no utterance with aligned words"):
        corpus.extract()


@pytest.mark.parametrize("content", [b"", b"garbage", b'{"a": 1}\n', b"[1]\n"])
def test_broken_manifest_is_named(corpus, content):
    packed = content if content == b"garbage" else gzip.compress(content)
    corpus.supervisions.write_bytes(packed)
    with pytest.raises(DataError, match=r"supervisions\.jsonl\.gz"):
        corpus.extract()


def test_unknown_split_is_named(corpus):
    odd = Corpus.utterance("m0", 0.0, 1.0, "ann", "training", [("a", 0.1, 0.2)])
    corpus.write(corpus.supervisions, [odd])
    with pytest.raises(DataError, match="m0 has split 'training'"):
        corpus.extract()


def test_loading_something_else_is_an_error(tmp_path):
    path = tmp_path / "utterances.safetensors"
    path.write_bytes(b"0" * 100)
    with pytest.raises(DataError, match="is not a file of utterances"):
        Utterances.load(path)

"""Packing keeps every utterance apart, in order and normalised, and refuses what does not fit."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from lhotse import SupervisionSegment
from safetensors.torch import save_file
from torchaudio.compliance import kaldi

from crosstalk.corpora.manifests import SAMPLE_RATE, FlacWriter, write_manifest
from crosstalk.corpora.splits import split_of
from crosstalk.errors import DataError
from crosstalk.params.packed import PackParams
from crosstalk.params.splits import SplitParams
from crosstalk.speech.packed import PackedSpeech
from crosstalk.speech.packing import pack_speech
from crosstalk.speech.streamed import write_frames

SPLITS = SplitParams()


class Source:
    """Noise of known lengths, with manifests as the corpora have them."""

    def __init__(
        self, folder, name, seconds, *, folds=(0, 86, 99), split=None, said=None, custom=True
    ):
        folder.mkdir()
        rng = np.random.default_rng(len(seconds))
        self.samples = [
            (3000 * rng.standard_normal(round(s * SAMPLE_RATE)) + 500).astype(np.int16)
            for s in seconds
        ]
        self.audio = folder / "audio.flac"
        self.recordings = folder / "recordings.jsonl.gz"
        self.supervisions = folder / "supervisions.jsonl.gz"
        with FlacWriter(self.audio) as writer:
            starts = []
            for samples in self.samples:
                starts.append(writer.append(samples))
                writer.append_silence(0.2)
            write_manifest(self.recordings, [writer.recording(name)])
        # (text, phones); letters differ, because numbers are not part of what is said
        said = said or [(f"word {name}{'x' * i}", f"w ɜː d {name}{'x' * i}") for i in range(9)]
        segments = [
            SupervisionSegment(
                id=f"{name}/xx/{i}",
                recording_id=name,
                start=start,
                duration=len(samples) / SAMPLE_RATE,
                text=said[i][0],
                language="xx",
                speaker=f"{name}-xx",
                custom={"phonemes": said[i][1], "item": f"item{i}", "fold": folds[i % len(folds)]}
                | ({"split": split} if split else {})
                if custom
                else {},
            )
            for i, (start, samples) in enumerate(zip(starts, self.samples, strict=True))
        ]
        write_manifest(self.supervisions, segments)


def pack(folder, *sources, **cfg):
    paths = {"frames": folder / "frames.safetensors", "cuts": folder / "cuts.parquet"}
    pack_speech(
        cfg=PackParams(**cfg),
        splits=SPLITS,
        recordings=[s.recordings for s in sources],
        supervisions=[s.supervisions for s in sources],
        audio=[s.audio for s in sources],
        **paths,
    )
    return PackedSpeech.read(**paths)


@pytest.fixture
def two(tmp_path):
    return Source(tmp_path / "a", "a", [0.5, 0.31, 0.9]), Source(tmp_path / "b", "b", [0.7, 0.4])


def test_samples_are_those_of_the_recordings(tmp_path, two):
    packed = pack(tmp_path, *two, features="samples")
    originals = [samples for source in two for samples in source.samples]
    assert packed.rate == SAMPLE_RATE
    assert packed.frames.dtype == torch.float16
    assert len(packed) == len(originals)
    for index, original in enumerate(originals):
        found = packed.frames_of(index)
        assert found.shape == (len(original), 1)
        wanted = (original - original.mean()) / original.std()
        np.testing.assert_allclose(found[:, 0].numpy(), wanted, atol=2e-3)


def test_log_mel_is_kaldis(tmp_path, two):
    packed = pack(tmp_path, *two, features="log_mel")
    assert packed.rate == 100
    samples = torch.from_numpy(two[1].samples[0] / 32768).float()
    wanted = kaldi.fbank(samples[None], num_mel_bins=80, snip_edges=False)
    wanted = (wanted - wanted.mean(0)) / wanted.std(0, correction=0)
    torch.testing.assert_close(packed.frames_of(3), wanted, atol=5e-3, rtol=0)


def test_the_table_says_who_says_what(tmp_path, two):
    cuts = pack(tmp_path, *two).cuts
    assert cuts["id"].tolist() == ["a/xx/0", "a/xx/1", "a/xx/2", "b/xx/0", "b/xx/1"]
    assert cuts["source"].tolist() == ["a"] * 3 + ["b"] * 2
    assert cuts["split"].tolist() == [split_of(f, SPLITS) for f in (0, 86, 99, 0, 86)]
    assert set(cuts["split"]) == {"train", "dev", "test"}
    assert cuts["seconds"].tolist() == pytest.approx([0.5, 0.31, 0.9, 0.7, 0.4])
    first = cuts.iloc[0]
    assert (first["text"], first["phones"], first["item"]) == ("word a", "w ɜː d a", "item0")


def test_selected_utterances_keep_their_frames(tmp_path, two):
    packed = pack(tmp_path, *two)
    kept = packed.select(packed.cuts["split"] == "dev")
    assert kept.cuts["id"].tolist() == ["a/xx/1", "b/xx/1"]
    assert torch.equal(kept.frames_of(1), packed.frames_of(4))
    again = kept.select([False, True])
    assert torch.equal(again.frames_of(0), packed.frames_of(4))


def test_the_same_input_gives_the_same_bytes(tmp_path, two):
    contents = []
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        pack(tmp_path / name, *two)
        contents.append([p.read_bytes() for p in sorted((tmp_path / name).iterdir())])
    assert contents[0] == contents[1]


def test_what_does_not_fit_is_named(tmp_path, two):
    a, b = two
    with pytest.raises(DataError, match="a/xx/0 is there twice"):
        pack(tmp_path, a, a)
    b.audio.rename(tmp_path / "elsewhere.flac")
    b.audio = a.audio
    with pytest.raises(DataError, match=r"b/audio.flac was not given"):
        pack(tmp_path, a, b)
    bare = Source(tmp_path / "c", "c", [0.5], custom=False)
    with pytest.raises(DataError, match="c/xx/0 lacks fold, item, phonemes"):
        pack(tmp_path, bare)
    broken = Source(tmp_path / "d", "d", [0.5])
    broken.audio.write_bytes(broken.audio.read_bytes()[:100])
    with pytest.raises(DataError, match="the audio of d/xx/0 cannot be read"):
        pack(tmp_path, broken)


def test_files_of_two_packings_do_not_mix(tmp_path, two):
    pack(tmp_path, *two)
    frames, cuts = tmp_path / "frames.safetensors", tmp_path / "cuts.parquet"
    pd.read_parquet(cuts).iloc[1:].to_parquet(cuts, index=False)
    with pytest.raises(DataError, match=r"holds 5 utterances, but .* 4"):
        PackedSpeech.read(frames, cuts)
    frames.write_bytes(b"x")
    with pytest.raises(DataError, match="not packed speech"):
        PackedSpeech.read(frames, cuts)


HOURS = [("heure", "œ ʁ"), ("jour", "ʒ u ʁ"), ("heures", "œ ʁ"), ("Jour!", "ʒ u ʁ"), ("an", "ɑ̃")]


def test_what_sounds_like_test_data_is_in_no_training(tmp_path):
    """Captions that differ in English may be one in another language, or sound alike there."""
    folds = (99, 86, 0, 0, 0)  # test, development, and three to train on
    cuts = pack(tmp_path, Source(tmp_path / "a", "a", [0.4] * 5, folds=folds, said=HOURS)).cuts
    assert cuts["text"].tolist() == ["heure", "jour", "an"]
    assert cuts["split"].tolist() == ["test", "dev", "train"]


def test_a_sources_own_splits_are_left_as_they_are(tmp_path):
    packed = pack(tmp_path, Source(tmp_path / "a", "a", [0.4] * 5, split="train", said=HOURS))
    assert packed.cuts["split"].tolist() == ["train"] * 5


def test_frames_are_written_as_safetensors_writes_them(tmp_path):
    pieces = [torch.randn(n, 3).half() for n in (4, 1, 7)]
    write_frames(tmp_path / "streamed", iter(pieces), 100.0)
    save_file(
        {"frames": torch.cat(pieces), "lengths": torch.tensor([4, 1, 7])},
        tmp_path / "whole",
        metadata={"packed": json.dumps({"rate": 100.0})},
    )
    assert (tmp_path / "streamed").read_bytes() == (tmp_path / "whole").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["streamed", "whole"]

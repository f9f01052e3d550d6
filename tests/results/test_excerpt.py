"""One utterance to look at: which one, and what is kept of it."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tests.segmentation.planted import planted

from crosstalk.errors import DataError
from crosstalk.results.excerpt import SECONDS, TRUTH, WORDS, choose, pick_utterance
from crosstalk.segmentation.boundaries import Segmentation

RATE, SHIFT = 16000, 10.0


@given(st.lists(st.tuples(st.integers(0, 12), st.floats(0.5, 9)), min_size=1))
def test_the_first_that_fits_is_chosen(utterances):
    words, seconds = (np.array(column) for column in zip(*utterances, strict=True))
    chosen = choose(words, seconds)
    fitting = np.flatnonzero((words >= WORDS) & (seconds <= SECONDS))
    if len(fitting):
        assert chosen == fitting[0]
    elif words.any():
        assert words[chosen] > 0


@pytest.mark.parametrize(
    ("words", "seconds", "chosen"),
    [
        ([3, 7, 5], [2.0, 4.0, 1.0], 1),  # one word is lacking
        ([9, 9, 0], [8.0, 4.5, 1.0], 1),  # half a second too long; the last says nothing
        ([4, 8], [4.0, 5.0], 1),  # a half lacks, or a quarter is too much
    ],
)
def test_where_none_fits_the_nearest_is_chosen(words, seconds, chosen):
    assert choose(np.array(words), np.array(seconds)) == chosen


def pick(folder, corpus, ids):
    """Pick from a corpus whose audio is noise of its length, in one file."""
    random = np.random.default_rng(0)
    samples = random.integers(-9000, 9000, len(corpus.frames) * RATE // 100, np.int16)
    soundfile.write(folder / "audio.flac", samples, RATE)
    lines = [
        {"id": name, "recording_id": "audio", "start": start * SHIFT / 1000}
        for name, start in zip(ids, corpus.offsets.tolist(), strict=False)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "supervisions").write_bytes(gzip.compress(text.encode()))
    corpus.save(folder / "utterances")
    train = corpus.words_of("train")
    Segmentation(corpus.word_first[train], corpus.word_last[train]).save(folder / "words")
    pick_utterance(
        shift_ms=SHIFT,
        names=["found"],
        audio=[folder / "audio.flac"],
        segmentations=[folder / "words"],
        **{
            name: folder / name
            for name in ("supervisions", "utterances", "words", "spectrogram", "boundaries")
        },
    )
    return load_file(folder / "spectrogram")["mel"], pd.read_csv(folder / "boundaries")


def test_its_sound_and_its_words_are_kept_though_none_is_long_enough(tmp_path):
    corpus = planted(utterances=6, words=(3, 7), splits=("train", "test", "train"))
    mel, rows = pick(tmp_path, corpus, corpus.messages)
    train = corpus.words_of("train")
    owner = corpus.utterance_of(corpus.word_first)
    chosen = choose(np.bincount(owner[train], minlength=6), np.diff(corpus.offsets) / 100)
    assert np.bincount(owner)[chosen] < WORDS
    assert corpus.split[chosen] == 0
    mine = owner == chosen
    start, end = corpus.offsets[chosen : chosen + 2]
    assert mel.shape == (64, end - start + 1)
    for name, words in (
        (TRUTH, [corpus.vocabulary[i] for i in corpus.word[mine]]),
        ("found", None),
    ):
        part = rows[rows["segmentation"] == name]
        np.testing.assert_allclose(part["start"], (corpus.word_first[mine] - start) / 100)
        np.testing.assert_allclose(part["end"], (corpus.word_last[mine] - start) / 100)
        assert part["word"].dropna().tolist() == (words or [])


def test_an_utterance_that_the_manifest_lacks_is_named(tmp_path):
    corpus = planted(utterances=2)
    with pytest.raises(DataError, match="supervisions has no utterance 'm"):
        pick(tmp_path, corpus, ["other", "names"])

"""Who hears what, who sees what, and that nothing of the test split is among it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.grounding.captions import (
    CaptionDraws,
    caption_audio,
    described,
    training_audio,
)
from crosstalk.grounding.pictures import Pictures
from crosstalk.speech.packed import PackedSpeech

LANGUAGES = ("fr", "ru")


@pytest.fixture
def speech(world):
    return PackedSpeech.read(world.frames, world.cuts)


@pytest.fixture
def pictures(world):
    return Pictures.load(world.pictures)


@pytest.mark.parametrize("halves", ["same", "disjoint"])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_no_test_caption_or_picture_is_in_training(speech, pictures, share, halves):
    held_out = set(speech.cuts.loc[speech.cuts["split"] == "test", "item"])
    heard = training_audio(speech, LANGUAGES, share, halves)
    assert not held_out & set(heard.cuts["item"])
    for shuffled in (None, 0):
        matched = described(heard, pictures, LANGUAGES, shuffled=shuffled)
        assert not held_out & {pictures.items[row] for row in matched.picture}


def test_halves_are_the_same_items_or_none_in_common(speech):
    items = {}
    for halves in ("same", "disjoint"):
        cuts = training_audio(speech, LANGUAGES, 0.5, halves).cuts
        items[halves] = [set(cuts.loc[cuts["language"] == name, "item"]) for name in LANGUAGES]
    first, second = items["same"]
    assert first == second
    first, second = items["disjoint"]
    assert not first & second
    whole = set(training_audio(speech, ["fr"], 1.0, "same").cuts["item"])
    assert first | second == whole
    assert 0.25 < len(first) / len(whole) < 0.75


def test_a_language_alone_hears_the_half_that_it_hears_beside_another(speech):
    alone = training_audio(speech, ["ru"], 0.5, "same").cuts["id"]
    both = training_audio(speech, LANGUAGES, 0.5, "same").cuts
    assert list(alone) == list(both.loc[both["language"] == "ru", "id"])


def test_captions_have_their_own_pictures_and_shuffled_ones_those_of_others(speech, pictures):
    heard = training_audio(speech, LANGUAGES, 1.0, "same")
    plain = described(heard, pictures, LANGUAGES)
    assert (plain.speech.cuts["source"] == "tuxpaint").all()
    assert [pictures.items[row] for row in plain.picture] == list(plain.speech.cuts["item"])
    mixed = described(heard, pictures, LANGUAGES, shuffled=0)
    for language in LANGUAGES:
        mine = plain.language == language
        assert sorted(mixed.picture[mine]) == sorted(plain.picture[mine])
        assert (mixed.picture[mine] != plain.picture[mine]).mean() > 0.5
    again = described(heard, pictures, LANGUAGES, shuffled=0)
    np.testing.assert_array_equal(mixed.picture, again.picture)


@given(
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    captions=st.integers(3, 30),
    seed=st.integers(0, 9),
)
def test_draws_visit_every_caption_once_an_epoch_and_languages_evenly(sizes, captions, seed):
    names = np.repeat([f"l{i}" for i in range(len(sizes))], sizes)
    draws = CaptionDraws(names, captions, seed)
    each = captions // len(sizes)
    drawn = np.concatenate([draws(step) for step in range(12)])
    for number, size in enumerate(sizes):
        mine = drawn[names[drawn] == f"l{number}"]
        assert len(mine) == 12 * each
        epochs = len(mine) // size
        counts = np.bincount(mine, minlength=len(names))[names == f"l{number}"]
        assert counts.min() >= epochs
        assert counts.max() <= epochs + 1
    np.testing.assert_array_equal(draws(7), CaptionDraws(names, captions, seed)(7))


def test_caption_audio_is_cut_and_padded(speech):
    rows = np.array([0, 5])
    audio, lengths = caption_audio(speech, rows, 0.6)
    assert lengths.tolist() == [60, 60]
    longer, lengths = caption_audio(speech, rows, 9.0)
    assert lengths.tolist() == speech.lengths[rows].tolist()
    torch.testing.assert_close(longer[0, :60], audio[0])
    shorter = int(lengths.argmin())
    assert (longer[shorter, int(lengths[shorter]) :] == 0).all()


def test_a_language_without_speech_or_captions_is_named(speech, pictures):
    with pytest.raises(DataError, match="no training speech in 'xx'; there is fr ru"):
        training_audio(speech, ["xx"], 1.0, "same")
    prompts = speech.select(speech.cuts["source"] == "asterisk")
    with pytest.raises(DataError, match="no spoken caption in 'fr'"):
        described(prompts, pictures, ["fr"])

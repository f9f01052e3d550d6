"""Folds and splits: deterministic, disjoint, blind to punctuation and case."""

import hashlib
from itertools import product
from string import ascii_lowercase

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crosstalk.corpora.splits import fold_of, normalise, said_before, split_of, training_half
from crosstalk.params.splits import FOLDS, SplitParams

PERCENT = st.integers(1, 40)


def test_a_fold_never_changes():
    """Stored corpora rely on this: another hash would move test data into training."""
    expected = int(hashlib.sha256(b"helloworld").hexdigest(), 16) % 100
    assert fold_of("Hello, world!") == expected == 51


@pytest.mark.parametrize(
    "other", ["the  orcs are coming", "“The Orcs are coming…”", "The orcs (3) are coming"]
)
def test_near_duplicates_share_a_fold(other):
    assert normalise(other) == normalise("The orcs are coming!")


def test_messages_without_letters_keep_their_own_text():
    assert normalise(" 42 ") == "42"
    assert normalise("42") != normalise("43")


@given(st.text(max_size=50))
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)
    assert 0 <= fold_of(text) < FOLDS


def test_folds_are_even():
    folds = pd.Series([fold_of("".join(word)) for word in product(ascii_lowercase, repeat=3)])
    counts = folds.value_counts()
    assert len(counts) == FOLDS
    assert counts.between(176 - 66, 176 + 66).all()  # 26 ** 3 / 100, five standard deviations


@given(PERCENT, PERCENT)
def test_every_fold_is_in_exactly_one_split(dev, test):
    cfg = SplitParams(dev_percent=dev, test_percent=test)
    splits = [split_of(fold, cfg) for fold in range(FOLDS)]
    assert splits == ["train"] * (FOLDS - dev - test) + ["dev"] * dev + ["test"] * test


@given(PERCENT, PERCENT, PERCENT)
def test_a_larger_dev_share_never_takes_test_folds(dev, more, test):
    before, after = (SplitParams(dev_percent=n, test_percent=test) for n in (dev, more))
    for fold in range(FOLDS):
        assert (split_of(fold, before) == "test") == (split_of(fold, after) == "test")


def test_halves_are_disjoint_and_hold_training_only():
    cfg = SplitParams(dev_percent=5, test_percent=10)
    texts = ["".join(pair) for pair in product(ascii_lowercase, repeat=2)][:FOLDS]
    messages = pd.DataFrame({"fold": range(FOLDS), "text": texts})
    written = set(training_half(messages, "written", cfg)["fold"])
    spoken = set(training_half(messages, "spoken", cfg)["fold"])
    assert not written & spoken
    assert written | spoken == set(range(85))


def test_what_is_said_twice_is_said_once():
    """In other languages: English wordings that differ have folds of their own."""
    cfg = SplitParams(dev_percent=5, test_percent=10)
    said = [(99, "oui"), (86, "non"), (0, "Oui!"), (1, "NON."), (2, "peut-être"), (3, "peut être")]
    messages = pd.DataFrame(said, columns=["fold", "text"])
    assert training_half(messages, "written", cfg)["fold"].tolist() == [2]
    assert training_half(messages, "spoken", cfg)["fold"].tolist() == []


@given(st.lists(st.tuples(st.sampled_from(["a", "A.", "b", ""]), st.sampled_from("xyz"))))
def test_said_before_as_the_words_say(pairs):
    texts, parts = [text for text, _ in pairs], [part for _, part in pairs]
    expected = [
        bool(text)
        and any(other < part and normalise(text) == normalise(known) for known, other in pairs)
        for text, part in pairs
    ]
    assert said_before(texts, parts, "xyz") == expected


def test_splits_must_leave_something_to_learn_from():
    with pytest.raises(ValidationError, match="less than or equal to 40"):
        SplitParams(dev_percent=5, test_percent=60)

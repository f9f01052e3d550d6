"""Folds and splits: deterministic, disjoint, blind to punctuation and case."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crosstalk.corpora.splits import fold_of, split_of, training_half
from crosstalk.params.splits import FOLDS, SplitParams

percent = st.integers(1, 40)


def test_a_fold_never_changes():
    """Stored corpora rely on these values: a change here would move test data into training."""
    assert [fold_of(t) for t in ("Hello, world!", "Death of Baran", "")] == FOLDS_OF_OLD


@given(st.text(max_size=50))
def test_near_duplicates_share_a_fold(text):
    assert fold_of(text) == fold_of(f"  {text.upper().lower()} ...") or text.upper().lower() != text
    assert 0 <= fold_of(text) < FOLDS


@given(percent, percent)
def test_every_fold_is_in_exactly_one_split(dev, test):
    cfg = SplitParams(dev_percent=dev, test_percent=test)
    splits = [split_of(fold, cfg) for fold in range(FOLDS)]
    assert splits.count("dev") == dev
    assert splits.count("test") == test
    assert splits.count("train") == FOLDS - dev - test


def test_halves_are_disjoint_and_hold_training_only():
    cfg = SplitParams(dev_percent=5, test_percent=10)
    messages = pd.DataFrame({"fold": range(FOLDS)})
    written = set(training_half(messages, "written", cfg)["fold"])
    spoken = set(training_half(messages, "spoken", cfg)["fold"])
    assert not written & spoken
    assert written | spoken == set(range(85))


def test_splits_must_leave_something_to_learn_from():
    with pytest.raises(ValidationError, match="less than"):
        SplitParams(dev_percent=40, test_percent=60)

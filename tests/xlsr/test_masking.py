"""Masks hide the share of frames that they should, in spans, the same number in every row."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.xlsr.masking import LEAST_SPANS, as_mask, draw_masked

CPU = torch.device("cpu")


def draw(rows, frames, probability=0.065, length=10):
    return draw_masked(rows, frames, probability=probability, length=length, device=CPU)


def literal_spans(frames, probability, length, rng):
    """fairseq's compute_mask_indices for one row, before rows are made equal."""
    spans = max(LEAST_SPANS, int(probability * frames + rng.random()))
    starts = rng.choice(frames - length, min(spans, frames - length), replace=False)
    return np.unique(starts[:, None] + np.arange(length))


def test_half_of_the_frames_are_masked():
    """1 - (1 - 0.065) ** 10 = 0.49, less what making rows equal takes."""
    torch.manual_seed(0)
    shares = [draw(6, 780).shape[1] / 780 for _ in range(50)]
    assert 0.45 < np.mean(shares) < 0.52


@pytest.mark.parametrize("frames", [47, 200, 780])
def test_a_row_alone_is_masked_as_in_fairseq(frames):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    ours = [draw(1, frames).shape[1] for _ in range(600)]
    theirs = [len(literal_spans(frames, 0.065, 10, rng)) for _ in range(600)]
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.03)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.15)


@given(
    st.integers(1, 6),
    st.integers(14, 90),
    st.floats(0.01, 0.9),
    st.integers(1, 12),
    st.integers(0, 99),
)
@settings(max_examples=60)
def test_rows_have_equally_many_distinct_masked_frames(rows, frames, probability, length, seed):
    torch.manual_seed(seed)
    positions = draw(rows, frames, probability, length)
    mask = as_mask(positions, frames)
    assert positions.shape[0] == rows
    assert (positions.diff(dim=1) > 0).all()
    assert mask.shape == (rows, frames)
    assert (mask.sum(1) == positions.shape[1]).all()
    assert positions.shape[1] >= length + 1  # two spans that start at distinct frames
    torch.manual_seed(seed)
    assert torch.equal(positions, draw(rows, frames, probability, length))


def test_spans_of_a_lone_row_are_whole():
    torch.manual_seed(0)
    for _ in range(50):
        runs = np.diff(
            np.flatnonzero(np.diff(np.pad(as_mask(draw(1, 100), 100)[0], 1).astype(int)))
        )
        assert (runs[::2] >= 10).all()


def test_short_rows_are_refused():
    with pytest.raises(DataError, match="11 frames are too few"):
        draw(2, 11)

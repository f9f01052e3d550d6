"""Scores against a maximum matching, hand examples and the formula."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from crosstalk.segmentation.scores import count_agreement, rates


def words(*pairs):
    return np.array(pairs, np.int64).reshape(-1, 2)


@st.composite
def segmentations(draw, utterances):
    """Words in order, disjoint, inside utterances of 30 frames."""
    pairs = []
    for start in range(0, 30 * utterances, 30):
        edges = sorted(draw(st.sets(st.integers(start, start + 30), max_size=12)))
        pairs += [pair for pair in itertools.pairwise(edges) if draw(st.booleans())]
    return words(*pairs)


def most_matches(ours, theirs, tolerance):
    if not len(ours) or not len(theirs):
        return 0
    agree = (np.abs(ours[:, None] - theirs[None]) <= tolerance).all(-1)
    return int((maximum_bipartite_matching(csr_array(agree)) >= 0).sum())


@given(segmentations(3), segmentations(3), st.integers(0, 6))
@settings(max_examples=150)
def test_hits_are_a_maximum_matching(found, true, tolerance):
    offsets = np.arange(0, 91, 30)
    counts = count_agreement(found, true, offsets, tolerance=tolerance)
    for i in range(3):
        ours, theirs = (w[(w[:, 0] >= 30 * i) & (w[:, 1] <= 30 * i + 30)] for w in (found, true))
        inner = [np.unique(w)[1:-1, None] for w in (ours, theirs)]
        assert counts.boundary_hits[i] == most_matches(*inner, tolerance)
        assert (counts.boundaries_found[i], counts.boundaries_true[i]) == tuple(map(len, inner))
        assert counts.tokens_hit[i] == most_matches(ours, theirs, tolerance)
        assert (counts.tokens_found[i], counts.tokens_true[i]) == (len(ours), len(theirs))


@given(segmentations(2))
@settings(max_examples=50)
def test_a_perfect_segmentation_scores_one(true):
    counts = [int(c.sum()) for c in count_agreement(true, true, np.array([0, 30, 60]), tolerance=0)]
    for hits, found, spoken in (counts[:3], counts[3:]):
        if spoken:
            assert rates(hits, found, spoken) == (1, 1, 1, 0, 1)


def test_a_hand_example():
    true = words((5, 20), (20, 40), (50, 70))
    found = words((3, 18), (18, 24), (24, 41), (52, 75))
    counts = count_agreement(found, true, np.array([0, 100]), tolerance=2)
    # True edges 20, 40, 50; found 18, 24, 41, 52. The words at 5-20 are within two frames.
    assert [int(c[0]) for c in counts] == [3, 4, 3, 1, 4, 3]


def test_a_boundary_is_hit_once():
    true = words((0, 10), (10, 30))
    found = words((0, 9), (9, 11), (11, 30))
    counts = count_agreement(found, true, np.array([0, 30]), tolerance=2)
    assert (counts.boundary_hits[0], counts.boundaries_found[0]) == (1, 2)


def test_the_r_value_is_the_published_formula():
    # Hit rate 80 %, over-segmentation 20 %.
    r1 = math.sqrt((100 - 80) ** 2 + 20**2)
    r2 = (-20 + 80 - 100) / math.sqrt(2)
    assert rates(80, 120, 100).r_value == pytest.approx(1 - (abs(r1) + abs(r2)) / 200)


def test_random_boundaries_raise_f1_but_not_the_r_value():
    few, many = rates(50, 100, 100), rates(90, 240, 100)
    assert many.f1 > few.f1
    assert many.r_value < few.r_value


def test_nothing_to_divide_by_is_no_number():
    assert rates(0, 0, 5)[1:4] == (0, 0, -1)
    assert math.isnan(rates(0, 0, 5).precision)
    assert math.isnan(rates(0, 3, 0).r_value)
    assert all(map(math.isnan, rates(0, 0, 0)))

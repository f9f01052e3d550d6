"""Ranks against a sort, one query at a time; recall and chance against counting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.evaluation.shared_space import PLACES, own_ranks, plane, recall_items


@given(n=st.integers(1, 12), m=st.integers(1, 15), seed=st.integers(0, 999))
def test_ranks_are_those_of_a_sort(n, m, seed):
    draw = np.random.default_rng(seed)
    queries, gallery = draw.normal(size=(n, 4)), draw.normal(size=(m, 4))
    own = draw.integers(0, m, n)
    ranks = own_ranks(queries, gallery, own)
    for query, right, rank in zip(queries, own, ranks, strict=True):
        order = sorted(range(m), key=lambda j: -float(query @ gallery[j]))
        assert order.index(right) + 1 == rank


def test_a_tie_is_no_success():
    gallery = np.ones((5, 2))
    assert own_ranks(np.ones((1, 2)), gallery, np.array([0])).tolist() == [5]


def test_recall_counts_queries():
    items = recall_items(np.array([1, 3, 7, 20]), list("abcd"), "there", 20)
    means = items.groupby("column")["correct"].mean()
    assert means.to_dict() == {"there R@1": 0.25, "there R@5": 0.5, "there R@10": 0.75}
    assert sorted(items["cluster"].unique()) == list("abcd")


def test_chance_is_what_random_answers_reach():
    draw = np.random.default_rng(0)
    vectors, own = draw.normal(size=(4000, 8)), draw.integers(0, 25, 4000)
    ranks = own_ranks(vectors, draw.normal(size=(25, 8)), own)
    means = recall_items(ranks, ["x"] * 4000, "c", 25).groupby("column").mean(numeric_only=True)
    assert len(means) == len(PLACES)
    np.testing.assert_allclose(means["correct"], means["chance"], atol=0.02)
    assert recall_items(np.array([1]), ["x"], "c", 4)["chance"].max() == 1.0


def test_the_plane_keeps_what_lies_in_one():
    draw = np.random.default_rng(1)
    flat = draw.normal(size=(30, 2)) * [5, 1]
    basis = np.linalg.qr(draw.normal(size=(6, 6)))[0][:2]
    found = plane(flat @ basis)
    distances = np.linalg.norm(found[:, None] - found, axis=2)
    np.testing.assert_allclose(distances, np.linalg.norm(flat[:, None] - flat, axis=2), atol=1e-9)
    np.testing.assert_allclose(plane(-(flat @ basis)), found, atol=1e-9)  # no free signs

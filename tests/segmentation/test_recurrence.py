"""Recurring sequences against a literal count, and clusters that were planted."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.params.segmentation import RecurrenceParams
from crosstalk.segmentation.recurrence import cluster_syllables, join_recurring


def literal(labels, joined, longest, least):
    owner = list(range(len(labels)))
    taken = [False] * len(labels)
    for length in range(longest, 1, -1):
        places = [
            i
            for i in range(len(labels) - length + 1)
            if not any(taken[i : i + length]) and all(joined[i : i + length - 1])
        ]
        counts = Counter(tuple(labels[i : i + length]) for i in places)
        for i in places:
            if counts[tuple(labels[i : i + length])] >= least and not any(taken[i : i + length]):
                taken[i : i + length] = [True] * length
                owner[i : i + length] = [i] * length
    return list(Counter(owner).values())


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=25),
    st.integers(1, 4),
    st.integers(2, 3),
)
@settings(max_examples=150)
def test_sequences_are_counted_as_defined(rows, longest, least):
    labels = [7 * label for label, _ in rows]
    joined = [joins for _, joins in rows][1:]
    sizes = join_recurring(
        np.array(labels), np.array(joined, bool), max_syllables=longest, min_count=least
    )
    assert sizes.tolist() == literal(labels, joined, longest, least)


def test_the_longest_recurring_sequence_wins():
    labels = np.array([1, 2, 3, 4, 1, 2, 3, 1, 2])
    sizes = join_recurring(labels, np.ones(8, bool), max_syllables=3, min_count=2)
    assert sizes.tolist() == [3, 1, 3, 1, 1]  # the last 1 2 is the only one left


def test_well_parted_syllables_are_clustered():
    random = np.random.default_rng(0)
    truth = random.integers(3, size=90)
    vectors = np.eye(3)[truth] + random.normal(0, 0.05, (90, 3))
    cfg = RecurrenceParams(clusters=12)
    labels = cluster_syllables(vectors, cfg, np.random.default_rng(1))
    assert all(len(set(truth[labels == label])) == 1 for label in set(labels))


def test_more_clusters_than_syllables_are_refused():
    with pytest.raises(DataError, match="2 syllables cannot start 200 clusters: ask for fewer"):
        cluster_syllables(np.eye(2), RecurrenceParams(), np.random.default_rng(0))

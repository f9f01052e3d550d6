"""ES-KMeans: its objective, its parts against loops, and its choice against all segmentations."""

import itertools

import numpy as np
import pytest

from crosstalk.errors import DataError
from crosstalk.params.segmentation import ESKMeansParams
from crosstalk.segmentation import es_kmeans as module
from crosstalk.segmentation.es_kmeans import (
    es_kmeans,
    nearest_means,
    random_words,
    weighted_means,
)
from crosstalk.segmentation.syllables import candidates


def corpus(count=60, seed=0, **options):
    random = np.random.default_rng(seed)
    edges = np.cumsum(np.append(0, random.integers(5, 20, count)))
    syllables = np.stack((edges[:-1], edges[1:]), axis=1)
    options = {"max_syllables": 4, "min_frames": 0, **options}
    words = candidates(syllables, np.arange(count) // 6, **options)
    vectors = random.normal(size=(len(words), 6)).astype(np.float32)
    return words, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("clusters", [2, 5, 9])
def test_the_objective_never_rises(seed, clusters):
    words, vectors = corpus(seed=seed)
    cfg = ESKMeansParams(clusters=clusters, iterations=30, runs=1)
    chosen, objectives = es_kmeans(words, vectors, cfg, np.random.default_rng(seed))
    assert len(objectives) > 2
    assert all(b <= a * (1 + 1e-6) for a, b in itertools.pairwise(objectives))
    assert (words.last[chosen][:-1] == words.first[chosen][1:]).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_many_runs_is_the_best_of_all_words_and_clusters(seed):
    """Six syllables in three to six words of two clusters: all ways can be tried."""
    words, vectors = corpus(count=6, seed=seed, max_syllables=2)
    cfg = ESKMeansParams(clusters=2, iterations=30, runs=100, boundary_probability=0.5)
    _, objectives = es_kmeans(words, vectors, cfg, np.random.default_rng(0))
    ways = [
        literal_objective(vectors[way], words.frames[way], np.array(labels))
        for way in divisions(words.table)
        for labels in itertools.product((0, 1), repeat=len(way))
    ]
    assert objectives[-1] == pytest.approx(min(ways), rel=1e-5)


def divisions(table):
    """Every sequence of words that covers all syllables."""
    if not len(table):
        return [[]]
    return [
        [*before, word]
        for n, word in enumerate(table[-1], start=1)
        if word >= 0
        for before in divisions(table[:-n])
    ]


def literal_objective(vectors, weights, labels):
    total = 0.0
    for k in set(labels.tolist()):
        mine, own = vectors[labels == k].astype(float), weights[labels == k]
        mean = (mine * own[:, None]).sum(0) / own.sum()
        total += (own * ((mine - mean) ** 2).sum(1)).sum()
    return total


def test_more_runs_are_never_worse():
    words, vectors = corpus()
    last = [
        es_kmeans(words, vectors, ESKMeansParams(clusters=5, runs=runs), np.random.default_rng(0))[
            1
        ][-1]
        for runs in (1, 6)
    ]
    assert last[1] <= last[0]


def test_nearest_means_is_a_loop(monkeypatch):
    monkeypatch.setattr(module, "_TOGETHER", 7)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(30, 4)).astype(np.float32)
    means = random.normal(size=(6, 4))
    nearest, distances = nearest_means(vectors, means)
    for vector, k, distance in zip(vectors, nearest, distances, strict=True):
        everywhere = [((vector - mean) ** 2).sum() for mean in means]
        assert k == np.argmin(everywhere)
        assert distance == pytest.approx(min(everywhere))


def test_means_are_weighted_and_the_empty_cluster_gets_a_member():
    vectors = np.array([[0.0, 0.0], [3.0, 3.0], [5.0, 1.0]], np.float32)
    members = np.array([2, 2, 0])
    means = weighted_means(vectors, np.array([2, 1, 4]), members, 3, np.random.default_rng(0))
    np.testing.assert_allclose(means[[0, 2]], [[5, 1], [1, 1]])
    assert means[1].tolist() in vectors.tolist()


def test_random_words_end_where_they_are_drawn():
    words, _ = corpus(max_syllables=6)
    everywhere, nowhere = (random_words(words, p, np.random.default_rng(0)) for p in (1.0, 0.0))
    assert len(everywhere) == 60
    assert len(nowhere) == 60 / 6  # one a stretch, since six syllables may be a word
    half = random_words(words, 0.5, np.random.default_rng(0))
    drawn = np.random.default_rng(0).random(60) < 0.5
    drawn[5::6] = True
    ends = np.isin(np.arange(60), np.nonzero(words.table[:, :] >= 0)[0][half])
    assert ends.tolist() == drawn.tolist()


def test_more_clusters_than_words_are_refused():
    words, vectors = corpus(count=3)
    with pytest.raises(DataError, match="cannot start 200 clusters: ask for fewer"):
        es_kmeans(words, vectors, ESKMeansParams(), np.random.default_rng(0))

"""BES-GMM: predictive densities against joint Gaussians, draws against enumerated posteriors."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from scipy.stats import multivariate_normal

from crosstalk.params.segmentation import BESGMMParams
from crosstalk.segmentation import bes_gmm as module
from crosstalk.segmentation.bes_gmm import Mixture, bes_gmm, inverse_temperature, sample_words
from crosstalk.segmentation.syllables import candidates

CFG = BESGMMParams(components=3, variance=0.3, mean_observations=0.5, concentration=1.5)


def log_marginal(vectors, cfg):
    """Log density of all vectors of one component, their mean integrated out, in one Gaussian."""
    if not len(vectors):
        return 0.0
    covariance = cfg.variance * (np.eye(len(vectors)) + 1 / cfg.mean_observations)
    return sum(multivariate_normal.logpdf(v, cov=covariance) for v in vectors.T)


def log_evidence(vectors, labels, cfg):
    """Log probability of vectors and labels (Murphy 2012, equation 24.24)."""
    counts = np.bincount(labels, minlength=cfg.components)
    share = cfg.concentration / cfg.components
    prior = gammaln(cfg.concentration) - gammaln(counts.sum() + cfg.concentration)
    prior += (gammaln(counts + share) - gammaln(share)).sum()
    return prior + sum(log_marginal(vectors[labels == k], cfg) for k in range(cfg.components))


def test_joint_probabilities_are_ratios_of_evidence():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(6, 2))
    labels = np.array([0, 0, 0, 1, 1, 0])
    mixture = Mixture(2, CFG)
    for vector, label in zip(vectors, labels, strict=True):
        mixture.add(vector, label)
    new = random.normal(size=(4, 2))
    expected = [
        [
            log_evidence(np.vstack((vectors, x)), np.append(labels, k), CFG)
            - log_evidence(vectors, labels, CFG)
            for k in range(3)
        ]
        for x in new
    ]
    np.testing.assert_allclose(mixture.log_joint(new), expected, rtol=1e-9)


def test_what_is_removed_leaves_no_trace():
    random = np.random.default_rng(0)
    kept, passing, query = random.normal(size=(3, 5, 4))
    plain, used = Mixture(4, CFG), Mixture(4, CFG)
    for vector in kept:
        plain.add(vector, 1)
        used.add(vector, 1)
    for k in (0, 1):
        for vector in passing:
            used.add(vector, k)
    for k in (0, 1):
        for vector in passing:
            used.remove(vector, k)
    np.testing.assert_allclose(used.log_joint(query), plain.log_joint(query), rtol=1e-9)
    assert used.counts.tolist() == [0, 5, 0]


def test_draws_follow_the_enumerated_posterior():
    """Forward filtering and backward sampling against every segmentation of five syllables."""
    random = np.random.default_rng(0)
    edges = np.arange(6) * 10 + np.array([0, 0, 0, 0, 7, 7])  # a pause after the third
    syllables = np.stack((edges[:-1], edges[1:]), axis=1)
    syllables[2, 1] = 30
    table = candidates(syllables, np.zeros(5), max_syllables=3, min_frames=0).table
    weights = random.normal(size=table.shape)
    posterior = {}
    for cuts in itertools.product([0, 1], repeat=4):
        stops = [i for i, cut in enumerate(cuts) if cut] + [4]
        sizes = np.diff([-1, *stops])
        if max(sizes) > 3 or any(table[e, n - 1] < 0 for e, n in zip(stops, sizes, strict=True)):
            continue
        way = tuple(int(table[e, n - 1]) for e, n in zip(stops, sizes, strict=True))
        posterior[way] = math.exp(sum(weights[e, n - 1] for e, n in zip(stops, sizes, strict=True)))
    total = sum(posterior.values())
    n = 20_000
    generator = np.random.default_rng(1)
    counts = Counter(tuple(sample_words(weights, table, generator).tolist()) for _ in range(n))
    assert set(counts) <= set(posterior)
    for way, weight in posterior.items():
        p = weight / total
        assert abs(counts[way] / n - p) < 5 * math.sqrt(p * (1 - p) / n)


def test_sweeps_over_components_have_the_posterior_as_their_limit():
    """Two words that stay put: the share of sweeps that pair them is that of the evidence."""
    vectors = np.array([[0.6, 0.8], [0.8, 0.6]])
    generator = np.random.default_rng(0)
    mixture = Mixture(2, CFG)
    labels = [0, 1]
    for vector, label in zip(vectors, labels, strict=True):
        mixture.add(vector, label)
    together, sweeps = 0, 6000
    for _ in range(sweeps):
        for i in (0, 1):
            mixture.remove(vectors[i], labels[i])
            labels[i] = module._assign(mixture, vectors[i], generator)
        together += labels[0] == labels[1]
    ways = list(itertools.product(range(3), repeat=2))
    log = np.array([log_evidence(vectors, np.array(way), CFG) for way in ways])
    p = np.exp(log - logsumexp(log))[[a == b for a, b in ways]].sum()
    assert together / sweeps == pytest.approx(p, abs=0.03)


def test_annealing_rises_in_equal_steps_to_one():
    cfg = BESGMMParams(iterations=6, annealing_start=0.2, annealing_steps=3)
    steps = [inverse_temperature(i, cfg) for i in range(-2, 6)]
    assert steps == pytest.approx([0.2] * 4 + [0.6] * 2 + [1.0] * 2)
    off = BESGMMParams(iterations=6, annealing_steps=1)
    assert [inverse_temperature(i, off) for i in range(6)] == [1.0] * 6
    assert inverse_temperature(0, BESGMMParams(iterations=1)) == 0.01


def test_every_syllable_is_in_one_word():
    random = np.random.default_rng(0)
    edges = np.cumsum(np.append(0, random.integers(5, 20, 60)))
    utterance = np.repeat([0, 1, 4], 20)
    syllables = np.stack((edges[:-1], edges[1:]), axis=1)
    words = candidates(syllables, utterance, max_syllables=3, min_frames=10)
    vectors = random.normal(size=(len(words), 4)).astype(np.float32)
    cfg = BESGMMParams(components=5, iterations=3, initial_iterations=2)
    chosen = bes_gmm(words, vectors, utterance, cfg, np.random.default_rng(0))
    first, last = words.first[chosen], words.last[chosen]
    assert (first[1:] == last[:-1]).all()
    assert (first[0], last[-1]) == (edges[0], edges[-1])
    assert (last - first >= 10).all()

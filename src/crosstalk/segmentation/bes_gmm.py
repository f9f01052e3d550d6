"""Bayesian embedded segmental GMM: words are drawn together with their clusters.

Kamper, Jansen and Goldwater ("A segmental framework for fully-unsupervised large-vocabulary speech
recognition", Computer Speech and Language 2017): whole words are drawn from a Gaussian
mixture whose means and weights are integrated out. A blocked Gibbs sampler takes the words of one
utterance out of the mixture, draws a new segmentation by forward filtering and backward sampling,
in which a segment's likelihood is raised to its number of frames, and puts the new words back, each
into a component drawn from its posterior.
"""

from __future__ import annotations

import math

import numpy as np

from crosstalk.params.segmentation import BESGMMParams
from crosstalk.progress import bar
from crosstalk.segmentation.syllables import Candidates, words_from_lengths


class Mixture:
    """A mixture of K spherical Gaussians of fixed variance, its means and weights integrated out.

    Component weights have a symmetric Dirichlet prior, means a Gaussian one around zero. Murphy,
    "Machine learning: a probabilistic perspective" (2012), section 24.2.4, with the predictive
    density of a Gaussian of known variance.
    """

    def __init__(self, dimension: int, cfg: BESGMMParams) -> None:
        self._cfg = cfg
        self.counts = np.zeros(cfg.components, np.int64)
        self._sums = np.zeros((cfg.components, dimension))
        self._means = np.zeros((cfg.components, dimension))
        self._squares = np.zeros(cfg.components)
        self._precisions = np.zeros(cfg.components)
        self._constants = np.zeros(cfg.components)
        for component in range(cfg.components):
            self._refresh(component)

    def add(self, vector: np.ndarray, component: int) -> None:
        self.counts[component] += 1
        self._sums[component] += vector
        self._refresh(component)

    def remove(self, vector: np.ndarray, component: int) -> None:
        self.counts[component] -= 1
        self._sums[component] -= vector
        self._refresh(component)

    def log_joint(self, vectors: np.ndarray) -> np.ndarray:
        """Log probability of each vector together with each component.

        Parameters
        ----------
        vectors
            float64 [c, D], none of them in the mixture.

        Returns
        -------
        ndarray
            float64 [c, K].

        """
        distances = vectors @ self._means.T
        distances *= -2
        distances += self._squares
        distances += np.einsum("cd,cd->c", vectors, vectors)[:, None]
        distances *= self._precisions
        total = self.counts.sum() + self._cfg.concentration
        return self._constants - math.log(total) - distances

    def _refresh(self, component: int) -> None:
        count = self.counts[component]
        if not count:
            self._sums[component] = 0.0  # no rounding is left over
        observations = self._cfg.mean_observations + count
        mean = self._sums[component] / observations
        variance = self._cfg.variance * (1 + 1 / observations)
        weight = count + self._cfg.concentration / len(self.counts)
        self._means[component] = mean
        self._squares[component] = mean @ mean
        self._precisions[component] = 0.5 / variance
        self._constants[component] = math.log(weight) - 0.5 * len(mean) * math.log(
            2 * math.pi * variance
        )


def bes_gmm(
    words: Candidates,
    embeddings: np.ndarray,
    utterance: np.ndarray,
    cfg: BESGMMParams,
    generator: np.random.Generator,
) -> np.ndarray:
    """Sample segmentations; return the last one.

    Parameters
    ----------
    words
        What may be a word, of all utterances.
    embeddings
        float32 [c, D], of unit length, of each candidate.
    utterance
        int [s]: where each syllable belongs, in order.
    cfg
        Mixture and sampler.
    generator
        Of all draws.

    Returns
    -------
    ndarray
        int64 [w]: chosen candidates in order.

    """
    mixture = Mixture(embeddings.shape[1], cfg)
    tables = _tables(words.table, utterance)
    sampled = [_initial(table, cfg, generator) for table in tables]
    component = np.full(len(words), -1)
    chosen = np.concatenate(sampled)
    for word, drawn in zip(
        chosen, generator.integers(cfg.components, size=len(chosen)), strict=True
    ):
        mixture.add(embeddings[word], drawn)
        component[word] = drawn

    rounds = cfg.initial_iterations + cfg.iterations
    with bar(label="BES-GMM", total=rounds * len(tables), unit="utt") as shown:
        for iteration in range(rounds):
            temperature = inverse_temperature(iteration - cfg.initial_iterations, cfg)
            for i in generator.permutation(len(tables)).tolist():
                if iteration < cfg.initial_iterations:
                    for word in sampled[i].tolist():
                        mixture.remove(embeddings[word], component[word])
                        component[word] = _assign(mixture, embeddings[word], generator)
                else:
                    for word in sampled[i].tolist():
                        mixture.remove(embeddings[word], component[word])
                    sampled[i] = _resegment(
                        mixture, words, embeddings, tables[i], temperature, cfg, generator
                    )
                    for word in sampled[i].tolist():
                        component[word] = _assign(mixture, embeddings[word], generator)
                shown.update(1)
    return np.concatenate(sampled)


def inverse_temperature(iteration: int, cfg: BESGMMParams) -> float:
    """Inverse temperature of a sweep: equal steps from ``cfg.annealing_start`` up to 1."""
    steps = np.append(np.linspace(cfg.annealing_start, 1, cfg.annealing_steps)[:-1], 1)
    return float(steps[max(0, iteration) * len(steps) // cfg.iterations])


def sample_words(
    log_weights: np.ndarray, table: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw a segmentation by forward filtering and backward sampling.

    Parameters
    ----------
    log_weights
        float64 [s, L] in the places of ``table``: the probability of a segmentation is proportional
        to the product of its words' weights.
    table
        int64 [s, L] of candidates of one utterance, -1 for none.

    Returns
    -------
    ndarray
        int64 [w]: the drawn candidates in order.

    """
    forward = np.full(len(table) + 1, -np.inf)
    forward[0] = 0.0
    weights = np.where(table >= 0, log_weights, -np.inf)
    for position, row in enumerate(weights):
        reach = min(position + 1, len(row))
        row[reach:] = -np.inf
        row[:reach] += forward[position::-1][:reach]
        highest = row.max()
        if highest > -np.inf:
            forward[position + 1] = highest + np.log(np.exp(row - highest).sum())
    lengths = [0] * len(table)
    position = len(table)
    while position:
        row = weights[position - 1]
        lengths[position - 1] = _draw(row, generator) + 1
        position -= lengths[position - 1]
    return words_from_lengths(lengths, table)


def _tables(table: np.ndarray, utterance: np.ndarray) -> list[np.ndarray]:
    return np.split(table, np.flatnonzero(np.diff(utterance)) + 1)


def _initial(table: np.ndarray, cfg: BESGMMParams, generator: np.random.Generator) -> np.ndarray:
    """Each syllable ends a word with a fixed probability, as far as the candidates allow."""
    end, go_on = math.log(cfg.boundary_probability), math.log1p(-cfg.boundary_probability)
    weights = end + go_on * np.arange(table.shape[1])
    return sample_words(np.broadcast_to(weights, table.shape), table, generator)


def _resegment(
    mixture: Mixture,
    words: Candidates,
    embeddings: np.ndarray,
    table: np.ndarray,
    temperature: float,
    cfg: BESGMMParams,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw the words of one utterance that the mixture does not hold."""
    first, last = table[table >= 0][[0, -1]]
    part = slice(first, last + 1)  # an utterance's candidates stand together
    joint = mixture.log_joint(embeddings[part].astype(np.float64))
    highest = joint.max(1, keepdims=True)
    joint -= highest
    marginal = np.log(np.exp(joint, out=joint).sum(1)) + highest[:, 0]
    scaled = temperature * words.frames[part] ** cfg.length_power * marginal
    return sample_words(scaled[np.maximum(table - first, 0)], table, generator)


def _assign(mixture: Mixture, vector: np.ndarray, generator: np.random.Generator) -> int:
    """Put a vector into a component drawn from its posterior."""
    component = _draw(mixture.log_joint(vector[None].astype(np.float64))[0], generator)
    mixture.add(vector, component)
    return component


def _draw(log_weights: np.ndarray, generator: np.random.Generator) -> int:
    """Draw a position with probability proportional to exp(log_weights)."""
    cumulative = np.exp(log_weights - log_weights.max()).cumsum()
    return int(cumulative.searchsorted(generator.random() * cumulative[-1], side="right"))

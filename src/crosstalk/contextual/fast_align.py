"""Word alignment by a diagonal-favouring IBM Model 2 (Dyer, Chahuneau and Smith 2013).

The model of fast_align, which the paper used (options ``-d -o -v``): each target word is drawn from
one source word or from none; positions near the diagonal are likelier, by a tension that is
learnt; the translation table has a sparse Dirichlet prior, in its variational form. Expectation
maximisation without random numbers, so the same text always gives the same links, which the
sampler of eflomal does not (it takes its seed from the machine).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma

from crosstalk.params.contextual_data import FastAlignParams

TENSION = (0.1, 14.0)
"""Bounds of the tension, of fast_align."""
ASCENT_STEPS, ASCENT_RATE = 8, 20.0
"""Of the gradient ascent that finds it, of fast_align."""
NO_WORD = -1

type Links = list[np.ndarray]
"""One array a sentence, int64 [n, 2]: positions in source and target."""


def align_both_ways(
    source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], cfg: FastAlignParams
) -> Links:
    """Links that both directions have: each word is in one at most.

    Parameters
    ----------
    source, target
        Sentences of words, in parallel, none of them empty.
    cfg
        Parameters of the model.

    Returns
    -------
    Links
        In the order of the target words.

    """
    return both_ways(align(source, target, cfg), align(target, source, cfg))


def both_ways(forward: Sequence[np.ndarray], backward: Sequence[np.ndarray]) -> Links:
    """Keep the links of `align` that were found from both sides."""
    links = []
    for there, back in zip(forward, backward, strict=True):
        places = np.arange(len(there))
        known = (there != NO_WORD) & (back[there] == places)
        links.append(np.stack([there[known], places[known]], axis=1))
    return links


def align(
    source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], cfg: FastAlignParams
) -> list[np.ndarray]:
    """Most probable source word of each target word, int64 [words]; `NO_WORD` if it has none.

    Raises
    ------
    ValueError
        The sides differ in length, or a sentence is empty.

    """
    cells = Cells.of(source, target)
    tension = cfg.tension
    table = np.ones(cells.entries)
    null_table = np.ones(cells.target_words)
    for step in range(cfg.iterations):
        shares, null_shares = _posterior(cells, table, null_table, tension, cfg.unlinked)
        if step:
            tension = _ascend(cells, float(shares @ cells.features) / len(cells.words), tension)
        counts = np.bincount(cells.entry, shares, cells.entries)
        null_counts = np.bincount(cells.words, null_shares, cells.target_words)
        table = _expected(counts, cells.entry_source, cfg.alpha)
        null_table = _expected(null_counts, np.zeros(cells.target_words, np.int64), cfg.alpha)
    shares, null_shares = _posterior(cells, table, null_table, tension, cfg.unlinked)
    return cells.best(shares, null_shares)


@dataclass(frozen=True, eq=False)
class Cells:
    """Every (source word, target word) of every sentence, end to end, by target word."""

    words: np.ndarray
    """int64 [T]: target words as vocabulary entries."""
    starts: np.ndarray
    """int64 [T]: first cell of each target word."""
    row: np.ndarray
    """int64 [C]: target word of each cell."""
    entry: np.ndarray
    """int64 [C]: entry of the translation table of each cell."""
    entry_source: np.ndarray
    """int64 [E]: source vocabulary entry of each entry of the table."""
    features: np.ndarray
    """float64 [C]: minus the distance from the diagonal."""
    sizes: np.ndarray
    """int64 [S, 2]: target and source words of each sentence."""
    target_words: int
    """Size of the target vocabulary."""

    @classmethod
    def of(cls, source: Sequence[Sequence[str]], target: Sequence[Sequence[str]]) -> Cells:
        sizes = np.array(
            [(len(t), len(s)) for s, t in zip(source, target, strict=True)], np.int64
        ).reshape(-1, 2)
        if not len(sizes) or (sizes == 0).any():
            raise ValueError("word alignment needs sentences that have words on both sides")
        sources, _ = _vocabulary(source)
        targets, names = _vocabulary(target)
        row, place, features = _grid(sizes)
        per_word = np.repeat(sizes[:, 1], sizes[:, 0])
        first_source = np.repeat(np.cumsum(sizes[:, 1]) - sizes[:, 1], sizes[:, 0])
        keys = sources[first_source[row] + place] * names + targets[row]
        known, entry = np.unique(keys, return_inverse=True)
        starts = np.cumsum(per_word) - per_word
        return cls(targets, starts, row, entry, known // names, features, sizes, names)

    @property
    def entries(self) -> int:
        return len(self.entry_source)

    def best(self, shares: np.ndarray, null_shares: np.ndarray) -> list[np.ndarray]:
        """Split the best source places by sentence."""
        highest = np.maximum.reduceat(shares, self.starts)
        hit = np.flatnonzero(shares == highest[self.row])
        _, first = np.unique(self.row[hit], return_index=True)
        places = hit[first] - self.starts
        places[null_shares >= highest] = NO_WORD
        return np.split(places, np.cumsum(self.sizes[:, 0])[:-1])


def _vocabulary(sentences: Sequence[Sequence[str]]) -> tuple[np.ndarray, int]:
    """Entries of all words end to end, case ignored, and the number of entries."""
    index: dict[str, int] = {}
    words = [word.lower() for sentence in sentences for word in sentence]
    entries = [index.setdefault(word, len(index)) for word in words]
    return np.array(entries, np.int64), len(index)


def _grid(sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row (target word), source place and feature of each cell of sentences of these sizes.

    The feature is h(i, j, m, n) = −|i/m − j/n| of the paper, i and j counted from 1.
    """
    per_word = np.repeat(sizes[:, 1], sizes[:, 0])
    row = np.repeat(np.arange(len(per_word)), per_word)
    place = np.arange(len(row)) - np.repeat(np.cumsum(per_word) - per_word, per_word)
    first = np.repeat(np.cumsum(sizes[:, 0]) - sizes[:, 0], sizes[:, 0])
    height = (np.arange(len(per_word)) - first + 1) / np.repeat(sizes[:, 0], sizes[:, 0])
    return row, place, -np.abs(height[row] - (place + 1) / per_word[row])


def _posterior(
    cells: Cells, table: np.ndarray, null_table: np.ndarray, tension: float, null: float
) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each cell, and of none, given the target word (E step)."""
    weights = np.exp(tension * cells.features)
    priors = (1 - null) / np.add.reduceat(weights, cells.starts)
    joint = table[cells.entry] * weights * priors[cells.row]
    null_joint = null_table[cells.words] * null
    total = np.add.reduceat(joint, cells.starts) + null_joint
    return joint / total[cells.row], null_joint / total


def _expected(counts: np.ndarray, groups: np.ndarray, alpha: float) -> np.ndarray:
    """Exponentiated expectation of log probabilities under a Dirichlet posterior (M step)."""
    sizes = np.bincount(groups)
    totals = np.bincount(groups, counts)
    return np.exp(digamma(counts + alpha) - digamma(totals + alpha * sizes)[groups])


def _ascend(cells: Cells, observed: float, tension: float) -> float:
    """Move the tension until the model expects the feature as often as it is observed."""
    shapes, times = np.unique(cells.sizes, axis=0, return_counts=True)
    row, _, features = _grid(shapes)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    weight = np.repeat(times, shapes[:, 0]) / len(cells.words)
    for _ in range(ASCENT_STEPS):
        weights = np.exp(tension * features)
        mean = np.add.reduceat(weights * features, starts) / np.add.reduceat(weights, starts)
        tension = float(np.clip(tension + ASCENT_RATE * (observed - mean @ weight), *TENSION))
    return tension

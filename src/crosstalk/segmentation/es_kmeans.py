"""Embedded segmental k-means: words are the segments that cluster best.

Kamper, Livescu and Goldwater ("An embedded segmental k-means model for unsupervised segmentation
and clustering of speech", ASRU 2017): the objective is the squared distance of every word to its
nearest cluster mean, weighted by the word's frames, so that splits and joins are compared on equal
terms. Segmentation given the means is a dynamic programme; means given the segmentation are
averages.

Three choices differ from the authors' code, which updates the means after every utterance, does not
weight them and runs once. Here all utterances are segmented before an update, and means are
weighted by frames, which makes both steps minimise the same objective: it never rises. As it has
many local minima, the best of several runs is kept.
"""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from crosstalk.errors import DataError
from crosstalk.params.segmentation import ESKMeansParams
from crosstalk.progress import bar
from crosstalk.segmentation.syllables import Candidates, cheapest_words

_TOGETHER = 4096


def es_kmeans(
    words: Candidates,
    embeddings: np.ndarray,
    cfg: ESKMeansParams,
    generator: np.random.Generator,
) -> tuple[np.ndarray, list[float]]:
    """Segment and cluster; of ``cfg.runs`` keep the one with the least objective.

    Parameters
    ----------
    words
        What may be a word, of all utterances.
    embeddings
        float32 [c, D], of unit length, of each candidate.
    cfg
        Clusters, start and iterations.
    generator
        Of the first words and their clusters, and of the new mean of a cluster that lost its last
        word.

    Returns
    -------
    chosen
        int64 [w]: candidates of the best segmentation in order.
    objectives
        Of the best run, one value an iteration, after its segmentation.

    Raises
    ------
    DataError
        If a first segmentation has fewer words than there are clusters.

    """
    with bar(label="ES-KMeans", total=cfg.runs * cfg.iterations) as shown:
        runs = [_run(words, embeddings, cfg, generator, shown) for _ in range(cfg.runs)]
    return min(runs, key=lambda run: run[1][-1])


def _run(
    words: Candidates,
    embeddings: np.ndarray,
    cfg: ESKMeansParams,
    generator: np.random.Generator,
    shown: tqdm,
) -> tuple[np.ndarray, list[float]]:
    """One start, and iterations until neither words nor their clusters change."""
    chosen = random_words(words, cfg.boundary_probability, generator)
    if len(chosen) < cfg.clusters:
        raise DataError(f"{len(chosen)} words cannot start {cfg.clusters} clusters: ask for fewer")
    members = generator.permutation(np.arange(len(chosen)) % cfg.clusters)
    objectives: list[float] = []
    for _ in range(cfg.iterations):
        means = weighted_means(
            embeddings[chosen], words.frames[chosen], members, cfg.clusters, generator
        )
        nearest, distances = nearest_means(embeddings, means)
        costs = words.frames * distances
        before = chosen, members
        chosen = cheapest_words(costs, words.table)
        members = nearest[chosen]
        objectives.append(float(costs[chosen].sum()))
        shown.set_postfix_str(f"objective {objectives[-1]:.6g}", refresh=False)
        shown.update(1)
        if np.array_equal(before[0], chosen) and np.array_equal(before[1], members):
            break
    return chosen, objectives


def random_words(
    words: Candidates, probability: float, generator: np.random.Generator
) -> np.ndarray:
    """Segment at random: each syllable ends a word with the given probability.

    Where the draw is no segmentation, because a word would be too long, too short or hold a pause,
    the one that agrees with the most syllables is taken. Returns candidates, int64 [w].
    """
    ends = (generator.random(len(words.table)) < probability).astype(np.int64)
    row, column = np.nonzero(words.table >= 0)
    before = np.append(0, np.cumsum(ends))
    missed = before[row] - before[row - column]
    return cheapest_words(missed + 1.0 - ends[row], words.table)


def nearest_means(embeddings: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest mean of each vector, int64 [c], and its squared distance, float64 [c]."""
    squares = (means**2).sum(1)
    nearest = np.empty(len(embeddings), np.int64)
    distances = np.empty(len(embeddings))
    transposed = np.ascontiguousarray(means.T, np.float32)
    for start in range(0, len(embeddings), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        nearest[part] = (squares.astype(np.float32) - 2 * embeddings[part] @ transposed).argmin(1)
        gaps = embeddings[part] - means[nearest[part]]
        distances[part] = np.einsum("cd,cd->c", gaps, gaps)
    return nearest, distances


def weighted_means(
    vectors: np.ndarray,
    weights: np.ndarray,
    members: np.ndarray,
    clusters: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Mean of each cluster, float64 [clusters, D]; one without members is a random vector.

    Parameters
    ----------
    vectors
        float [w, D].
    weights, members
        [w]: weight of each vector, positive, and the cluster it belongs to.

    """
    order = np.argsort(members, kind="stable")
    begin = np.flatnonzero(np.diff(members[order], prepend=-1))
    held = members[order][begin]
    sums = np.add.reduceat(vectors[order].astype(np.float64) * weights[order, None], begin)
    means = vectors[generator.integers(len(vectors), size=clusters)].astype(np.float64)
    means[held] = sums / np.add.reduceat(weights[order], begin)[:, None]
    return means

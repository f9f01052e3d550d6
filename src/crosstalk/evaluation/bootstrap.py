"""Bootstrap intervals of means and ratios whose items come in clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import coo_array

CHUNK_BYTES = 64 * 2**20
"""Memory for the resampling weights that are drawn at once; part of the meaning of a seed."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A measured number, its percentile interval, and the resamples that the interval is of."""

    value: float
    low: float
    high: float
    draws: np.ndarray
    """float [resamples]; NaN where a draw had nothing to measure."""
    design: str
    """What was resampled, see `design_of`: draws of one design were made side by side."""


def design_of(*names: Iterable[object]) -> str:
    """Name what is resampled, each axis by the names of its clusters, groups or seeds.

    Two estimates of one design have resampled the same things in the same order, so that their
    draws, subtracted one by one, are the draws of a paired comparison.
    """
    axes = ["\x1f".join(map(str, axis)) for axis in names]
    return hashlib.sha256("\x1e".join(axes).encode()).hexdigest()[:16]


def percentile_interval(draws: np.ndarray, level: float) -> tuple[float, float]:
    """Bounds that leave out the same share of the draws (NaN aside) on either side."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    # Between an infinite draw and its neighbour nothing can be interpolated.
    method = "inverted_cdf" if np.isinf(draws).any() else "linear"
    low, high = np.nanquantile(draws, tails, method=method)
    return float(low), float(high)


def bootstrap_mean(
    values: np.ndarray,
    clusters: np.ndarray,
    *,
    seeds: np.ndarray | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Mean over items, and its percentile interval: `bootstrap_ratio` with items of size 1."""
    return bootstrap_ratio(
        values,
        np.ones(len(values)),
        clusters,
        seeds=seeds,
        level=level,
        resamples=resamples,
        seed=seed,
    )


def bootstrap_ratio(
    values: np.ndarray,
    sizes: np.ndarray,
    clusters: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    seeds: np.ndarray | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Ratio of two sums over items, such as errors by words, and its percentile interval.

    Whole clusters (word types, say) are drawn with replacement, because items of a cluster err
    together. With several training seeds, seeds are drawn too, independently of the clusters:
    each seed answers the same questions, so neither is nested in the other (the pigeonhole
    bootstrap, Owen 2007; its intervals err on the wide side).

    Parameters
    ----------
    values, sizes
        float [n], one an item: what is counted, and out of how many.
    clusters, seeds, groups
        [n] of anything sortable. With groups (languages, say) the result is the mean of their
        ratios, each of which counts the same; clusters are drawn within them.
    level
        Share of the resampled ratios inside the interval.
    resamples, seed
        Number of resamples, and where their random stream starts.

    Raises
    ------
    ValueError
        If there are no values or lengths differ.

    """
    values, sizes = np.asarray(values, np.float64), np.asarray(sizes, np.float64)
    if not len(values):
        raise ValueError("no values to take the mean of")
    alone = np.zeros(len(values), np.int64)
    cluster_names, clusters = np.unique(clusters, return_inverse=True)
    group_names, group = np.unique(alone if groups is None else groups, return_inverse=True)
    run_names, run = np.unique(alone if seeds is None else seeds, return_inverse=True)
    # Columns are clusters, those of a group side by side; rows are seeds.
    names, column = np.unique(group * (clusters.max() + 1) + clusters, return_inverse=True)
    first = np.searchsorted(names // (clusters.max() + 1), np.arange(group.max() + 1))
    widths = np.diff([*first, len(names)])
    shape = (run.max() + 1, len(names))
    tables = [coo_array((what, (run, column)), shape).toarray() for what in (values, sizes)]

    ratios = []
    for of_runs, of_clusters in _resamples(shape[0], tuple(widths), resamples, seed):
        over, under = (
            np.add.reduceat((of_runs @ table) * of_clusters, first, axis=1) for table in tables
        )
        with np.errstate(invalid="ignore"):  # a draw may miss every item of a sparse design
            ratios.append((over / under).mean(1))
    draws = np.concatenate(ratios)
    low, high = percentile_interval(draws, level)
    whole = np.bincount(group, values) / np.bincount(group, sizes)
    design = design_of(cluster_names, names, group_names, run_names, [resamples, seed])
    return Estimate(float(whole.mean()), low, high, draws, design)


@lru_cache(maxsize=4)  # rows of a table that answer the same questions share their draws
def _resamples(
    runs: int, widths: tuple[int, ...], resamples: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """How often each seed, and each cluster, is drawn: pieces of [resamples, n] of one stream.

    Clusters are drawn within their groups, which are so many clusters wide, and lie side by side.
    """
    generator = np.random.default_rng(seed)
    step = max(1, CHUNK_BYTES // (8 * sum(widths)))
    pieces = []
    for done in range(0, resamples, step):
        count = min(step, resamples - done)
        of_clusters = np.hstack([_counts(generator, width, count) for width in widths])
        pieces.append((_counts(generator, runs, count), of_clusters))
    return pieces


def _counts(generator: np.random.Generator, n: int, resamples: int) -> np.ndarray:
    """How often each of n things is drawn in each resample, uint16 [resamples, n]."""
    if n == 1:
        return np.ones((resamples, 1), np.uint16)
    # Counting draws is several times faster than numpy's multinomial.
    drawn = generator.integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(-1, n).astype(np.uint16)

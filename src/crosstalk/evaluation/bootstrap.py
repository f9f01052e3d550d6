"""Bootstrap intervals of a mean whose items come in clusters."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

CHUNK_BYTES = 64 * 2**20
"""Memory for the resampling weights that are drawn at once; part of the meaning of a seed."""


def bootstrap_mean(
    values: np.ndarray,
    clusters: np.ndarray,
    *,
    seeds: np.ndarray | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Mean over items, and its percentile interval.

    Whole clusters (word types, say) are drawn with replacement, because items of a cluster err
    together. With several training seeds, seeds are drawn too, independently of the clusters:
    each seed answers the same questions, so neither is nested in the other (the pigeonhole
    bootstrap, Owen 2007; its intervals err on the wide side).

    Parameters
    ----------
    values
        float [n], one an item.
    clusters, seeds
        [n] of anything sortable.
    level
        Share of the resampled means inside the interval.
    resamples, seed
        Number of resamples, and where their random stream starts.

    Returns
    -------
    (mean, low, high)

    Raises
    ------
    ValueError
        If there are no values or lengths differ.

    """
    values = np.asarray(values, np.float64)
    if not len(values):
        raise ValueError("no values to take the mean of")
    names, column = np.unique(clusters, return_inverse=True)
    runs, row = np.unique(np.zeros(len(values)) if seeds is None else seeds, return_inverse=True)
    shape = (len(runs), len(names))
    sums = coo_array((values, (row, column)), shape).toarray()
    sizes = coo_array((np.ones(len(values)), (row, column)), shape).toarray()

    generator = np.random.default_rng(seed)
    step = max(1, CHUNK_BYTES // (8 * len(names)))
    means = []
    for first in range(0, resamples, step):
        count = min(step, resamples - first)
        of_clusters = _weights(generator, len(names), count)
        of_runs = _weights(generator, len(runs), count)
        totals = [((of_runs @ table) * of_clusters).sum(1) for table in (sums, sizes)]
        with np.errstate(invalid="ignore"):  # a draw may miss every item of a sparse design
            means.append(totals[0] / totals[1])
    tail = (1 - level) / 2
    low, high = np.nanquantile(np.concatenate(means), [tail, 1 - tail])
    return float(values.mean()), float(low), float(high)


def _weights(generator: np.random.Generator, n: int, resamples: int) -> np.ndarray:
    """How often each of n things is drawn in each resample, [resamples, n]."""
    if n == 1:
        return np.ones((resamples, 1))
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)

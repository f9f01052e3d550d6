"""Retrieval in a space that captions, pictures and languages share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

PLACES = (1, 5, 10)
"""Recall is measured at these."""


def own_ranks(queries: np.ndarray, gallery: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Rank of each query's own entry among all entries, from 1, by dot product.

    Parameters
    ----------
    queries, gallery
        float [n, d] and [m, d].
    own
        int [n]: the row of ``gallery`` that each query is about.

    Returns
    -------
    ndarray
        int64 [n]; entries that tie with a query's own count as before it.

    """
    scores = queries @ gallery.T
    mine = scores[np.arange(len(queries)), own]
    return (scores >= mine[:, None]).sum(1)


def recall_items(
    ranks: np.ndarray, clusters: Sequence[str], column: str, gallery: int
) -> pd.DataFrame:
    """One answered question a query and place.

    Columns ``column`` (such as ``… R@5``), ``cluster``, ``correct``, and ``chance``: what a random
    order of the ``gallery`` entries would be right in.
    """
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "column": f"{column} R@{k}",
                    "cluster": clusters,
                    "correct": (ranks <= k).astype(float),
                    "chance": min(1.0, k / gallery),
                }
            )
            for k in PLACES
        ],
        ignore_index=True,
    )


def plane(vectors: np.ndarray) -> np.ndarray:
    """Project vectors float [n, d] onto the plane of their greatest variance, float [n, 2].

    Signs are such that the entry furthest from 0 on each axis is positive, so that the same vectors
    give the same picture on every machine.
    """
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    furthest = flat[np.abs(flat).argmax(0), [0, 1]]
    return flat * np.where(furthest < 0, -1, 1)

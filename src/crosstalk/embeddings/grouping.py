"""From token vectors to word types: means over the tokens of a word, or of a cluster."""

from __future__ import annotations

import numpy as np

from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError


def average_by_word(
    vectors: np.ndarray, word: np.ndarray, vocabulary: list[str], min_count: int
) -> Space:
    """Average token vectors float32 [n, d] by their words int [n], positions in ``vocabulary``.

    Raises
    ------
    DataError
        No word is spoken ``min_count`` times.

    """
    counts = np.bincount(word, minlength=len(vocabulary))
    sums = np.stack([np.bincount(word, c, len(vocabulary)) for c in vectors.T], 1)
    ranked = np.argsort(-counts, kind="stable")
    ranked = ranked[counts[ranked] >= min_count]
    if not len(ranked):
        raise DataError(f"no word is spoken min_count={min_count} times: speak more, or lower it")
    means = sums[ranked] / counts[ranked, None]
    return Space([vocabulary[i] for i in ranked], counts[ranked], means)


def cluster_name(label: int) -> str:
    """Return the name that stands for a word where there are no words."""
    return f"cluster {label}"

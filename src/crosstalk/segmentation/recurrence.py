"""SylSeg: recurring sequences of syllables are words.

Räsänen, Doyle and Frank (Interspeech 2015): syllables are clustered, and sequences of clusters that
recur become words, longest first; the syllables that are left are words by themselves.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2

from crosstalk.errors import DataError
from crosstalk.params.segmentation import RecurrenceParams


def cluster_syllables(
    embeddings: np.ndarray, cfg: RecurrenceParams, generator: np.random.Generator
) -> np.ndarray:
    """Cluster of each syllable by k-means that starts at random syllables.

    Parameters
    ----------
    embeddings
        float [s, D].

    Returns
    -------
    ndarray
        int64 [s], each below ``cfg.clusters``.

    Raises
    ------
    DataError
        If there are fewer syllables than clusters.

    """
    if len(embeddings) < cfg.clusters:
        raise DataError(
            f"{len(embeddings)} syllables cannot start {cfg.clusters} clusters: ask for fewer"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a cluster may lose its last syllable
        _, labels = kmeans2(
            embeddings, cfg.clusters, iter=cfg.iterations, minit="points", rng=generator
        )
    return labels.astype(np.int64)


def join_recurring(
    labels: np.ndarray, joined: np.ndarray, *, max_syllables: int, min_count: int
) -> np.ndarray:
    """Join syllables whose sequence of labels recurs.

    For every length from ``max_syllables`` down to 2, the sequences of syllables that no longer
    word has taken are counted, overlapping ones too, and those found ``min_count`` times are taken
    from left to right.

    Parameters
    ----------
    labels
        int64 [s], from 0: cluster of each syllable.
    joined
        bool [s - 1]: whether a syllable is spoken without a pause before the next one.

    Returns
    -------
    ndarray
        int64 [w]: syllables of each word, which add up to s.

    """
    count = len(labels)
    free = np.ones(count, bool)
    inner = np.zeros(count, bool)  # syllables that continue a word
    _, codes = np.unique(labels, return_inverse=True)
    radix = int(codes.max(initial=0)) + 1
    for length in range(min(max_syllables, count), 1, -1):
        starts = count - length + 1
        windows = np.lib.stride_tricks.sliding_window_view
        whole = windows(free, length).all(1) & windows(joined, length - 1).all(1)
        (places,) = np.nonzero(whole)
        names = np.zeros(starts, np.int64)
        for offset in range(length):  # renumbered at every step, so that no code overflows
            _, names = np.unique(
                names * radix + codes[offset : offset + starts], return_inverse=True
            )
        recurs = np.bincount(names[places], minlength=starts)[names] >= min_count
        for place in places[recurs[places]].tolist():
            if free[place : place + length].all():
                free[place : place + length] = False
                inner[place + 1 : place + length] = True
    return np.diff(np.append(np.flatnonzero(~inner), count))

"""k-means of segment embeddings: word types without words (Chung et al. 2018, section 3.3)."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2

ITERATIONS = 20


def kmeans(vectors: np.ndarray, clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Group vectors [n, d]; return labels int [n] and centres float32 [k, d].

    ``clusters`` is cut to half the number of vectors. It starts from vectors drawn at random, and
    a cluster that runs empty is dropped.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    generator = np.random.default_rng(seed)
    k = max(1, min(clusters, len(vectors) // 2))
    start = vectors[np.sort(generator.choice(len(vectors), k, replace=False))]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        centres, labels = kmeans2(vectors, start, iter=ITERATIONS, minit="matrix", missing="warn")
    used, labels = np.unique(labels, return_inverse=True)
    return labels, centres[used].astype(np.float32)

"""Segments of any length as vectors of one size, by downsampling.

Kamper, Livescu and Goldwater ("An embedded segmental k-means model for unsupervised segmentation
and clustering of speech", ASRU 2017): n equally spaced frames, flattened, and scaled
to unit length. Frames between two others are interpolated linearly; the authors' code resamples by
Fourier transform.
"""

from __future__ import annotations

import numpy as np

from crosstalk.params.segmentation import EmbeddingParams

_TOGETHER = 8192


def embed(
    frames: np.ndarray, first: np.ndarray, last: np.ndarray, cfg: EmbeddingParams
) -> np.ndarray:
    """Embed many segments.

    Parameters
    ----------
    frames
        float32 [N, d].
    first, last
        int64 [c]: first frame of each segment, and that after its last one.
    cfg
        Size.

    Returns
    -------
    ndarray
        float32 [c, cfg.frames * d] of length 1, time by time. A segment of nothing but zeros
        stays zero.

    """
    places = np.linspace(0, 1, cfg.frames)
    result = np.empty((len(first), cfg.frames * frames.shape[1]), np.float32)
    for start in range(0, len(first), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        begin, end = first[part, None], last[part, None] - 1
        position = begin + places * (end - begin)
        left = np.minimum(position.astype(np.int64), end)
        share = (position - left)[..., None].astype(np.float32)
        vectors = (1 - share) * frames[left] + share * frames[np.minimum(left + 1, end)]
        vectors = vectors.reshape(len(begin), -1)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        result[part] = vectors / np.where(norms > 0, norms, 1)
    return result

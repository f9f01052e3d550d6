"""The naive baseline: speech in chunks of equal length."""

from __future__ import annotations

import numpy as np

from crosstalk.params.segmentation import ChunkParams


def equal_chunks(stretches: np.ndarray, cfg: ChunkParams, shift_ms: float) -> np.ndarray:
    """Cut stretches of speech into chunks as near to ``cfg.chunk_ms`` as whole numbers allow.

    Parameters
    ----------
    stretches
        int64 [n, 2]: first frame, and that after the last.
    cfg
        Length.
    shift_ms
        Time between frames.

    Returns
    -------
    ndarray
        int64 [c, 2]: chunks in order. The chunks of a stretch differ by one frame at most, and a
        stretch shorter than a chunk is one.

    """
    chunks = []
    for first, last in stretches.tolist():
        parts = max(1, min(round((last - first) * shift_ms / cfg.chunk_ms), last - first))
        edges = first + np.arange(parts + 1) * (last - first) // parts
        chunks.append(np.stack((edges[:-1], edges[1:]), axis=1))
    return np.concatenate(chunks) if chunks else np.empty((0, 2), np.int64)

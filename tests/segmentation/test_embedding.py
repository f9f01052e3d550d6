"""Embeddings against one segment at a time."""

import numpy as np
import pytest

from crosstalk.params.segmentation import EmbeddingParams
from crosstalk.segmentation import embedding
from crosstalk.segmentation.embedding import embed


def literal(frames, first, last, n):
    segment = frames[first:last].astype(np.float64)
    times = np.linspace(0, len(segment) - 1, n)
    rows = np.stack([np.interp(times, np.arange(len(segment)), c) for c in segment.T], axis=1)
    return rows.ravel() / np.linalg.norm(rows)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_embedding_is_interpolation(monkeypatch, n):
    monkeypatch.setattr(embedding, "_TOGETHER", 7)
    random = np.random.default_rng(0)
    frames = random.normal(size=(80, 3)).astype(np.float32)
    first = random.integers(0, 79, 40)
    last = first + 1 + random.integers(0, 80 - first - 1, endpoint=True)
    ours = embed(frames, first, last, EmbeddingParams(frames=n))
    theirs = [literal(frames, a, b, n) for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert ours.dtype == np.float32


def test_a_segment_of_zeros_stays_zero():
    vector = embed(np.zeros((5, 2), np.float32), np.array([0]), np.array([5]), EmbeddingParams())
    assert not vector.any()


def test_no_segments_have_no_embeddings():
    none = np.empty(0, np.int64)
    assert embed(np.zeros((5, 2), np.float32), none, none, EmbeddingParams()).shape == (0, 20)

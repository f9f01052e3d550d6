"""Small spaces that, like an embedding space, look different from every side."""

import numpy as np
import pytest


@pytest.fixture
def structured_vectors():
    """Five topics of unequal size: no rotation of the space looks like the space."""

    def draw(n=400, d=4, seed=0):
        generator = np.random.default_rng(seed)
        centres = generator.normal(size=(5, d))
        topic = generator.choice(5, n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
        x = centres[topic] + 0.2 * generator.normal(size=(n, d))
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    return draw


@pytest.fixture
def skewed_vectors():
    """Skewed coordinates of falling scale: words differ enough to be told apart through noise."""

    def draw(n=400, d=10, seed=0):
        generator = np.random.default_rng(seed)
        x = (generator.exponential(size=(n, d)) - 0.6) * 0.85 ** np.arange(d)
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    return draw

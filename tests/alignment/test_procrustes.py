"""Procrustes and least squares against scipy, numpy and planted maps."""

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from crosstalk.alignment.procrustes import fit_map, least_squares_map, orthogonal_map


def planted(seed, n=60, d=5, noise=0.0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, d))
    rotation = ortho_group.rvs(d, random_state=generator)
    y = x @ rotation.T + noise * generator.normal(size=(n, d))
    return torch.from_numpy(x), torch.from_numpy(y), rotation


@given(st.integers(0, 10_000), st.floats(0, 2))
@settings(max_examples=30)
def test_orthogonal_map_is_scipys(seed, noise):
    x, y, _ = planted(seed, noise=noise)
    expected, _ = scipy.linalg.orthogonal_procrustes(x.numpy(), y.numpy())  # acts from the right
    np.testing.assert_allclose(orthogonal_map(x, y).numpy(), expected.T, atol=1e-8)


@given(st.integers(0, 10_000), st.floats(0, 2))
@settings(max_examples=30)
def test_least_squares_map_is_numpys(seed, noise):
    x, y, _ = planted(seed, noise=noise)
    expected, *_ = np.linalg.lstsq(x.numpy(), y.numpy())
    np.testing.assert_allclose(least_squares_map(x, y).numpy(), expected.T, atol=1e-8)


@pytest.mark.parametrize("solver", ["orthogonal", "least_squares"])
def test_both_find_a_planted_rotation(solver):
    x, y, rotation = planted(0)
    np.testing.assert_allclose(fit_map(x, y, solver).numpy(), rotation, atol=1e-10)


def test_only_least_squares_finds_a_planted_stretch():
    x, _, _ = planted(0)
    stretch = torch.diag(torch.tensor([1.0, 2, 3, 4, 5], dtype=x.dtype))
    assert torch.allclose(fit_map(x, x @ stretch, "least_squares"), stretch)
    W = fit_map(x, x @ stretch, "orthogonal")
    assert torch.allclose(W.mT @ W, torch.eye(5, dtype=x.dtype))


@pytest.mark.parametrize("solver", ["orthogonal", "least_squares"])
def test_a_batch_is_its_members(solver):
    pairs = [planted(seed, noise=0.3)[:2] for seed in range(3)]
    x, y = (torch.stack(side) for side in zip(*pairs, strict=True))
    batch = fit_map(x, y, solver)
    assert batch.shape == (3, 5, 5)
    for W, pair in zip(batch, pairs, strict=True):
        assert torch.allclose(W, fit_map(*pair, solver))


@pytest.mark.parametrize("solver", ["orthogonal", "least_squares"])
def test_fewer_pairs_than_dimensions_still_fit(solver):
    x, y, _ = planted(0, n=3)
    W = fit_map(x, y, solver)
    assert torch.allclose(x @ W.T, y)

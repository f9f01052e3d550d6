"""Wasserstein-Procrustes: its parts by closed forms and exact solvers, and rotations it must find."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import ortho_group

from crosstalk.alignment import wasserstein
from crosstalk.alignment.criterion import mean_cosine
from crosstalk.alignment.csls import nearest_csls
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.alignment.wasserstein import convex_start, sinkhorn, step, train_wasserstein
from crosstalk.params.alignment import WassersteinParams

SHORT = WassersteinParams(restarts=3, initial_words=150, batch=60, steps=40, epochs=3)


def planted(vectors, noise=0.0):
    """A space, its turned and shaken copy, and the rotation."""
    x = torch.from_numpy(vectors)
    generator = np.random.default_rng(1)
    rotation = torch.from_numpy(ortho_group.rvs(x.shape[1], random_state=generator)).float()
    y = x @ rotation.T + noise * torch.from_numpy(generator.normal(size=vectors.shape)).float()
    return x, y, rotation


def precision(W, x, y):
    return (nearest_csls(x @ W.T, y) == torch.arange(len(x))).float().mean().item()


def random_costs(*shape):
    return torch.from_numpy(np.random.default_rng(0).normal(size=shape))


def test_a_plan_is_doubly_stochastic_and_of_the_optimal_form():
    """The optimum is the one doubly stochastic matrix whose log + cost / reg is a sum a_i + b_j."""
    cost = random_costs(3, 20, 20)
    plan = sinkhorn(cost, 0.5)
    torch.testing.assert_close(plan.sum(-1), torch.ones(3, 20).double())
    torch.testing.assert_close(plan.sum(-2), torch.ones(3, 20).double(), atol=2e-3, rtol=0)
    form = plan.log() + cost / 0.5
    form = form - form[:, :1] - form[:, :, :1] + form[:, :1, :1]
    torch.testing.assert_close(form, torch.zeros_like(form), atol=1e-8, rtol=0)


def test_two_by_two_has_a_closed_form():
    """P = [[p, 1-p], [1-p, p]] with (p / (1-p))^2 = exp(-(c00 + c11 - c01 - c10) / reg)."""
    cost = torch.tensor([[0.3, 0.9], [0.4, 0.1]]).double()
    odds = np.exp(-(0.3 + 0.1 - 0.9 - 0.4) / 0.7 / 2)
    p = odds / (1 + odds)
    expected = torch.tensor([[p, 1 - p], [1 - p, p]])
    torch.testing.assert_close(sinkhorn(cost, 0.7), expected, atol=1e-3, rtol=0)


def test_with_little_entropy_the_plan_is_the_best_assignment():
    """It costs at most reg * n log n more, the largest entropy there is."""
    costs = random_costs(4, 8, 8)
    for cost, plan in zip(costs, sinkhorn(costs, 0.05), strict=True):
        least = cost[linear_sum_assignment(cost)].sum().item()
        assert least - 0.01 < (plan * cost).sum().item() < least + 0.05 * 8 * np.log(8)


def test_a_planted_assignment_is_the_plan():
    columns = np.random.default_rng(1).permutation(30)
    cost = random_costs(30, 30).abs()
    cost[torch.arange(30), columns] = -1
    np.testing.assert_array_equal(linear_sum_assignment(cost)[1], columns)
    expected = torch.eye(30).double()[columns]
    torch.testing.assert_close(sinkhorn(cost, 0.05), expected, atol=0.01, rtol=0)


def test_a_plan_in_a_batch_is_the_plan_alone():
    """Easy problems rest while hard ones go on."""
    costs = random_costs(2, 15, 15) * torch.tensor([0.01, 2.0]).view(2, 1, 1)
    for cost, plan in zip(costs, sinkhorn(costs, 0.1), strict=True):
        torch.testing.assert_close(sinkhorn(cost, 0.1), plan, atol=1e-12, rtol=1e-9)


def test_the_start_is_frank_wolfe_on_full_matrices(structured_vectors):
    """Step by step with P, K_X and K_Y written out."""
    x, y = (torch.from_numpy(structured_vectors(n=n, seed=n)) for n in (30, 40))
    W = convex_start(x, y, 25, 7, 0.1)

    def root(side):
        values, vectors = np.linalg.eigh(side.T @ side)
        return side @ (vectors * values**-0.25) @ vectors.T

    A, B = (root(side[:25].double().numpy()) for side in (x, y))
    K_X, K_Y = A @ A.T, B @ B.T
    np.testing.assert_allclose(K_X @ K_X, x[:25].double().numpy() @ x[:25].double().numpy().T)
    B *= np.sqrt(np.linalg.norm(K_X) / np.linalg.norm(K_Y))
    K_Y = B @ B.T
    P = np.full((25, 25), 1 / 25)
    for k in range(1, 8):
        gradient = P @ K_X @ K_X + K_Y @ K_Y @ P - 2 * K_Y @ P @ K_X
        plan = sinkhorn(torch.from_numpy(gradient), 0.1).numpy()
        P = 2 / (2 + k) * plan + k / (2 + k) * P
    expected = orthogonal_map(torch.from_numpy(P @ A), torch.from_numpy(B)).float()
    torch.testing.assert_close(W, expected, atol=1e-5, rtol=0)


def test_a_step_is_gradient_ascent_on_what_the_plan_pairs(structured_vectors):
    x, y, rotation = planted(structured_vectors(n=30))
    cfg = SHORT.model_copy(update={"learning_rate": 0.3})
    W = rotation.clone().requires_grad_()
    plan = sinkhorn((-(x @ W.T) @ y.T).detach(), cfg.regularisation)
    (plan * (x @ W.T @ y.T)).sum().div(30).backward()
    left, _, right = np.linalg.svd((rotation + 0.3 * W.grad).numpy())
    moved = step(rotation[None], x[None], y[None], cfg)[0]
    np.testing.assert_allclose(moved, left @ right, atol=1e-5)


def test_a_planted_rotation_is_found_by_every_restart(structured_vectors):
    x, y, _ = planted(structured_vectors(d=8))
    maps, course = train_wasserstein(x, y, SHORT, seed=0)
    assert [precision(W, x, y) for W in maps] == [1, 1, 1]
    assert {e.phase for e in course} == {"wasserstein"}


def test_noise_is_seen_through(skewed_vectors):
    """From a first map that misses, to what the true pairs would give."""
    x, y, _ = planted(skewed_vectors(), noise=0.12)
    maps, _ = train_wasserstein(x, y, SHORT, seed=0)
    first = precision(convex_start(x, y, SHORT.initial_words, SHORT.initial_steps, 0.05), x, y)
    ceiling = precision(orthogonal_map(x, y), x, y)
    found = min(precision(W, x, y) for W in maps)
    assert first < 0.7 * ceiling
    assert found > 0.95 * ceiling


def test_the_best_epoch_is_kept(structured_vectors):
    x, y, _ = planted(structured_vectors(d=8), noise=0.2)
    maps, course = train_wasserstein(x, y, SHORT, seed=0)
    for restart, W in enumerate(maps):
        own = [e for e in course if e.restart == restart]
        assert [e.epoch for e in own] == [0, 1, 2, 3]
        best = max(e.criterion for e in own)
        assert mean_cosine(W, x, y, SHORT.criterion) == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("plan_bytes", [wasserstein.PLAN_BYTES, 1])
def test_a_seed_repeats_and_a_restart_runs_alone(structured_vectors, monkeypatch, plan_bytes):
    """Alone, beside others, or one after another where memory is short."""
    x, y, _ = planted(structured_vectors(n=150, d=8), noise=0.3)
    together, _ = train_wasserstein(x, y, SHORT, seed=0)
    monkeypatch.setattr(wasserstein, "PLAN_BYTES", plan_bytes)
    again, _ = train_wasserstein(x, y, SHORT, seed=0)
    alone, _ = train_wasserstein(x, y, SHORT, seed=0, restarts=[2])
    torch.testing.assert_close(together, again, atol=1e-3, rtol=0)
    torch.testing.assert_close(together[2], alone[0], atol=1e-3, rtol=0)
    if plan_bytes > 1:
        assert torch.equal(together, again)
        other, _ = train_wasserstein(x, y, SHORT, seed=1)
        assert not torch.allclose(together, other, atol=0.01)

"""The batched game: restarts do not touch each other, repeat, and can find a planted rotation."""

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group

from crosstalk.alignment.adversarial import _Game, train_adversarial
from crosstalk.alignment.criterion import mean_cosine
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.alignment.refinement import refine, refine_once
from crosstalk.errors import TrainingError
from crosstalk.params.alignment import AdversarialParams, CriterionParams, RefinementParams
from crosstalk.seeds import derive_seed

CRITERION = CriterionParams()
SHORT = AdversarialParams(
    restarts=3,
    start="orthogonal",
    dimension=16,
    batch=8,
    scale=2.0,
    epochs=2,
    map_steps=70,  # crosses the border of a chunk of random numbers
    discriminator_steps=2,
)


def rotated(vectors, noise=0.0):
    """A space, a rotated copy with noise, and the rotation."""
    x = torch.from_numpy(vectors)
    rotation = ortho_group.rvs(x.shape[1], random_state=np.random.default_rng(1))
    rotation = torch.from_numpy(rotation).float()
    y = x @ rotation.T + noise * torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    return x, y / y.norm(dim=1, keepdim=True) if noise else y, rotation


@pytest.fixture
def pair(structured_vectors):
    return rotated(structured_vectors())


@pytest.mark.parametrize(("noise", "near", "gap"), [(0.0, 1e-3, 0.01), (0.05, 0.03, 0.005)])
def test_a_planted_rotation_is_found_and_the_criterion_knows(structured_vectors, noise, near, gap):
    x, y, rotation = rotated(structured_vectors(), noise)
    cfg = AdversarialParams(
        restarts=8,
        start="orthogonal",
        dimension=64,
        activation="relu",
        dropout=0,
        scale=2,
        map_learning_rate=1.5,
        orthogonality=0.1,
        epochs=4,
        map_steps=60,
    )
    ((maps, _),) = train_adversarial([(x, y)], cfg, CRITERION, seed=0)
    refined = [refine(W, x, y, RefinementParams(), CRITERION)[0] for W in maps]
    right = [bool((W - rotation).abs().max() < near) for W in refined]
    values = [mean_cosine(W, x, y, CRITERION) for W in refined]
    assert 1 <= sum(right) < 8
    found = [v for v, r in zip(values, right, strict=True) if r]
    stuck = [v for v, r in zip(values, right, strict=True) if not r]
    known = mean_cosine(orthogonal_map(x, y), x, y, CRITERION)  # what the true pairs would give
    assert min(found) > known - 1e-3
    assert min(found) > max(stuck) + gap


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_restart_in_a_batch_is_the_restart_alone(pair, dropout):
    x, y, _ = pair
    cfg = SHORT.model_copy(update={"dropout": dropout})
    ((together, course),) = train_adversarial([(x, y)], cfg, CRITERION, seed=0)
    for restart in range(3):
        ((alone, own),) = train_adversarial([(x, y)], cfg, CRITERION, seed=0, restarts=[restart])
        torch.testing.assert_close(alone[0], together[restart], atol=1e-4, rtol=0)
        beside = [e.criterion for e in course if e.restart == restart]
        np.testing.assert_allclose([e.criterion for e in own], beside, atol=1e-4)
    assert (together[0] - together[1]).abs().max() > 0.1


def test_a_pair_beside_others_is_the_pair_alone(pair):
    """Pairs of other sizes share the batch and nothing else."""
    x, y, _ = pair
    pairs = [(x[:300], y), (x, y[:350]), (y, x)]
    together = train_adversarial(pairs, SHORT, CRITERION, seed=0)
    for one, (maps, course) in zip(pairs, together, strict=True):
        ((alone, own),) = train_adversarial([one], SHORT, CRITERION, seed=0)
        torch.testing.assert_close(maps, alone, atol=1e-4, rtol=0)
        expected = [e.criterion for e in own]
        np.testing.assert_allclose([e.criterion for e in course], expected, atol=1e-4)
    assert not torch.allclose(together[0][0], together[1][0], atol=0.1)


def test_a_seed_repeats_and_another_differs(pair):
    x, y, _ = pair
    first, again, other = (
        train_adversarial([(x, y)], SHORT, CRITERION, seed=s)[0][0] for s in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=0.1)


@pytest.mark.parametrize(
    ("activation", "nonlinearity"),
    [("leaky_relu", torch.nn.LeakyReLU(0.2)), ("relu", torch.nn.ReLU())],
)
def test_one_update_is_the_papers(pair, activation, nonlinearity):
    """A step of each player by autograd on an ordinary, unbatched network."""
    x, y, _ = pair
    cfg = SHORT.model_copy(
        update={"restarts": 1, "batch": 400, "epochs": 1, "map_steps": 1, "dropout": 0.0}
        | {"discriminator_steps": 1, "orthogonality": 0.01, "scale": 1.0, "smoothing": 0.2}
        | {"activation": activation}
    )
    game = _Game([(x, y)], cfg, [(0, derive_seed(0, "restart 0"))])
    W = game.W.detach()[0].clone().requires_grad_()
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 16),
        nonlinearity,
        torch.nn.Linear(16, 16),
        nonlinearity,
        torch.nn.Linear(16, 1),
    )
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, weight, bias in zip(linear, game.weights, game.biases, strict=True):
            layer.weight.copy_(weight[0].T)
            layer.bias.copy_(bias[0, 0])
    words, _ = next(_Game([(x, y)], cfg, [(0, derive_seed(0, "restart 0"))])._draw(1))
    next(game.play(1, torch.full((1, 1, 1), 0.5)))

    loss = torch.nn.BCEWithLogitsLoss()
    (u, v), (w, _) = words[:, :, 0]
    labels = torch.cat([torch.full((400, 1), 0.8), torch.full((400, 1), 0.2)])
    with torch.no_grad():
        batch = torch.cat([x[u] @ W.T, y[v]])
    optimiser = torch.optim.SGD(network.parameters(), lr=cfg.discriminator_learning_rate)
    loss(network(batch), labels).backward()
    optimiser.step()
    deceived = network(torch.cat([x[w] @ W.T, y[:400]]))
    (gradient,) = torch.autograd.grad(loss(deceived, 1 - labels), W)
    with torch.no_grad():
        W -= 0.5 * gradient
        expected = 1.01 * W - 0.01 * W @ W.T @ W
    torch.testing.assert_close(game.W.detach()[0], expected, atol=1e-6, rtol=1e-5)
    for layer, weight, bias in zip(linear, game.weights, game.biases, strict=True):
        torch.testing.assert_close(weight[0].T, layer.weight.detach())
        torch.testing.assert_close(bias[0, 0], layer.bias.detach())


def test_the_best_map_of_each_restart_is_kept(pair):
    x, y, _ = pair
    ((maps, course),) = train_adversarial([(x, y)], SHORT, CRITERION, seed=0)
    for restart, W in enumerate(maps):
        best = max(e.criterion for e in course if e.restart == restart)
        assert mean_cosine(W, x, y, CRITERION) == pytest.approx(best, abs=1e-6)


def test_the_identity_start_is_the_identity(pair):
    x, y, _ = pair
    ((_, course),) = train_adversarial(
        [(x, y)], SHORT.model_copy(update={"start": "identity"}), CRITERION, seed=0
    )
    assert [e.distance for e in course if e.epoch == 0] == [0.0] * 3


def test_a_game_that_diverges_stops_with_its_cause(pair):
    x, y, _ = pair
    cfg = SHORT.model_copy(update={"map_learning_rate": 1e6})
    with pytest.raises(TrainingError, match="diverged in epoch 1: lower map_learning_rate"):
        train_adversarial([(x, y)], cfg, CRITERION, seed=0)


def test_refinement_repairs_a_rough_map_and_keeps_the_best_round(pair):
    x, y, rotation = pair
    rough = rotation + 0.15 * torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    W, course = refine(rough, x, y, RefinementParams(), CRITERION)
    torch.testing.assert_close(W, rotation, atol=1e-4, rtol=0)
    assert [e.epoch for e in course] == list(range(6))
    same, _ = refine(rough, x, y, RefinementParams(iterations=0), CRITERION)
    assert same is rough


def test_refinement_leaves_out_rare_words(structured_vectors):
    """Rare words lie: were they used, the map would follow them."""
    x, y, rotation = rotated(structured_vectors(d=8))
    y = torch.cat([y[:100], y[100:] * torch.tensor([-1.0] + [1.0] * 7)])
    cfg = RefinementParams(max_rank=100)
    torch.testing.assert_close(refine_once(rotation, x, y, cfg), rotation, atol=1e-4, rtol=0)
    everything = refine_once(rotation, x, y, RefinementParams())
    assert (everything - rotation).abs().max() > 0.01


def test_refinement_without_pairs_says_so(pair):
    x, y, rotation = pair
    reversed_words = y.flip(0)
    with pytest.raises(TrainingError, match="no mutual neighbours up to max_rank=1"):
        refine_once(rotation, x, reversed_words, RefinementParams(max_rank=1))

"""Wasserstein-Procrustes (Grave, Joulin and Berthet 2018).

A rotation and a one-to-one matching of words are sought together: the matching is an optimal
transport plan between the mapped source words and the target words, the rotation is moved towards
what the plan pairs. Both alternate on random batches (section 4). The first rotation comes from
the convex relaxation of graph matching over doubly stochastic matrices (section 5), which needs no
rotation. All vectors are compared by direction.

Restarts share the first rotation and differ in their batches. They run as one batched computation,
[R, d, d]; each owns its random stream, hence its course does not depend on which others run beside
it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from crosstalk.alignment.criterion import Evaluation, evaluate
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.params.alignment import WassersteinParams
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed

PLAN_BYTES = 256 * 2**20
"""Size of the transport plans of restarts that run side by side."""
TOLERANCE = 1e-3
"""Largest deviation of a column sum from 1 that ends Sinkhorn's iteration (published code's)."""
SINKHORN_ITERATIONS = 1000
SINKHORN_CHECK = 10
"""Iterations between looks at the deviation."""


def train_wasserstein(
    source: Tensor,
    target: Tensor,
    cfg: WassersteinParams,
    *,
    seed: int,
    restarts: Sequence[int] | None = None,
) -> tuple[Tensor, list[Evaluation]]:
    """Return each restart's best map by the criterion, [R, d, d], and the course of all.

    Parameters
    ----------
    source, target
        float32 [n, d] and [m, d] on one device, sorted by falling frequency.
    cfg
        The method, and how its maps are judged: at first and after each epoch.
    seed
        Each restart draws from a stream made of this and its number.
    restarts
        Numbers of the restarts to run (default: 0 to ``cfg.restarts`` - 1).

    """
    numbers = list(range(cfg.restarts)) if restarts is None else list(restarts)
    streams = [torch.Generator().manual_seed(derive_seed(seed, f"restart {r}")) for r in numbers]
    x, y = normalize(source), normalize(target)
    first = convex_start(x, y, cfg.initial_words, cfg.initial_steps, cfg.regularisation)
    maps = first.expand(len(numbers), -1, -1).clone()
    best, best_value, course = maps.clone(), [-math.inf] * len(numbers), []
    x, y = x[: cfg.frequent_words], y[: cfg.frequent_words]
    for epoch in progress(range(cfg.epochs + 1), label="Wasserstein-Procrustes", unit="epoch"):
        if epoch:
            size = min(cfg.batch * 2 ** (epoch - 1), len(x), len(y))
            steps = max(1, cfg.steps // 4 ** (epoch - 1))
            beside = max(1, PLAN_BYTES // (size**2 * maps.element_size()))
            for begin in range(0, len(numbers), beside):
                group = slice(begin, begin + beside)
                for _ in range(steps):
                    batch = [_draw(side, size, streams[group]) for side in (x, y)]
                    maps[group] = step(maps[group], *batch, cfg)
        for i, number in enumerate(numbers):
            now = evaluate(
                maps[i],
                source,
                target,
                cfg.criterion,
                restart=number,
                phase="wasserstein",
                epoch=epoch,
            )
            course.append(now)
            if now.criterion > best_value[i]:
                best[i], best_value[i] = maps[i], now.criterion
    return best, course


def convex_start(
    source: Tensor, target: Tensor, words: int, steps: int, regularisation: float
) -> Tensor:
    """Return the orthogonal map [d, d] that fits the relaxed matching of the frequent words.

    Minimises |P K_X - K_Y P|^2 over doubly stochastic P by Frank-Wolfe from the uniform P, where K
    is the square root of X X^T and the linear problem of each step is solved with entropy (as in
    published code). ``words`` is cut to the smaller of ``source`` [n, d] and ``target`` [m, d].

    K = A A^T has rank d, so neither K nor P is ever formed: P A and B^T P carry all that the
    gradient and the map need, and a step costs O(n^2 d) in place of O(n^3).

    The uniform P is itself a minimum where the words' mean is zero, for K sums to zero then. The
    matching gets its first direction from that mean, so a space centred over just these words
    gives it little.
    """
    words = min(words, len(source), len(target))
    A, B = (_spectral_root(side[:words].double()) for side in (source, target))
    B *= ((A.T @ A).norm() / (B.T @ B).norm()).sqrt()
    PA, BP = A.mean(0).expand_as(A), B.mean(0).unsqueeze(1).expand_as(B.T)
    AA, BB = A.T @ A, B.T @ B
    for k in range(1, steps + 1):
        gradient = PA @ AA @ A.T + B @ (BB @ BP - 2 * BP @ A @ A.T)
        plan = sinkhorn(gradient, regularisation)
        share = 2 / (2 + k)
        PA = share * (plan @ A) + (1 - share) * PA
        BP = share * (B.T @ plan) + (1 - share) * BP
    return orthogonal_map(PA, B).to(source.dtype)


def step(maps: Tensor, source: Tensor, target: Tensor, cfg: WassersteinParams) -> Tensor:
    """Move maps [R, d, d] once, each by its own batch of unit vectors [R, b, d] of either side."""
    cost = -(source @ maps.mT) @ target.mT
    plan = sinkhorn(cost, cfg.regularisation)
    paired = (plan @ target).mT @ source / source.shape[1]
    left, _, right = torch.linalg.svd(maps + cfg.learning_rate * paired)
    return left @ right


def sinkhorn(cost: Tensor, regularisation: float) -> Tensor:
    """Plan P [..., n, n] of rows and columns that sum to 1, least in <P, cost> - reg * entropy(P).

    Sinkhorn and Knopp's iteration (Cuturi 2013) on each matrix of the batch, which rests as soon
    as its own columns are right to ``TOLERANCE``; rows are exact. exp(-range(cost) / reg) must not
    underflow in the dtype of ``cost``.
    """
    kernel = ((cost.amin(-1, keepdim=True) - cost) / regularisation).exp_()
    # Row vectors: torch multiplies a batch of them with matrices ten times faster than columns.
    rows = torch.ones_like(cost[..., :1, :])
    columns = rows.clone()
    wrong = torch.ones_like(rows[..., :1], dtype=torch.bool)
    for iteration in range(SINKHORN_ITERATIONS):
        reached = rows @ kernel
        if iteration and iteration % SINKHORN_CHECK == 0:
            wrong = (columns * reached - 1).abs().amax(-1, keepdim=True) > TOLERANCE
            if not wrong.any():
                break
        columns = torch.where(wrong, 1 / reached, columns)
        rows = torch.where(wrong, 1 / (columns @ kernel.mT), rows)
    return rows.mT * kernel * columns


def _draw(side: Tensor, size: int, streams: Sequence[torch.Generator]) -> Tensor:
    """Words without replacement, [R, size, d], from each restart's own stream."""
    rows = torch.stack([torch.randperm(len(side), generator=s)[:size] for s in streams])
    return side[rows.to(side.device)]


def _spectral_root(vectors: Tensor) -> Tensor:
    """A [n, d] with A A^T the square root of X X^T, in the coordinates of X [n, d]."""
    left, scale, right = torch.linalg.svd(vectors, full_matrices=False)
    return left * scale.sqrt() @ right

"""Refinement: Procrustes on the words that are each other's nearest under the current map."""

from __future__ import annotations

from torch import Tensor

from crosstalk.alignment.criterion import Evaluation, evaluate
from crosstalk.alignment.csls import agreeing, mutual_neighbours, nearest_both_ways
from crosstalk.alignment.procrustes import fit_map
from crosstalk.errors import TrainingError
from crosstalk.params.alignment import CriterionParams, RefinementParams


def refine(
    W: Tensor,
    source: Tensor,
    target: Tensor,
    cfg: RefinementParams,
    criterion: CriterionParams,
    *,
    restart: int = 0,
) -> tuple[Tensor, list[Evaluation]]:
    """Refine ``cfg.iterations`` times; return the best map by the criterion, and the course.

    The best may be the map as given. Each round starts from the map of the round before, be it
    better or worse.
    """

    def judged(W: Tensor, iteration: int, nearest: Tensor | None = None) -> Evaluation:
        where = {"restart": restart, "phase": "refinement", "epoch": iteration}
        return evaluate(W, source, target, criterion, **where, nearest=nearest)

    course, maps = [], [W]
    for iteration in range(cfg.iterations):
        forward, backward = nearest_both_ways(
            source @ maps[-1].T, target, neighbours=cfg.neighbours
        )
        # The criterion asks for the same neighbours, unless its neighbourhoods are others.
        known = forward if criterion.neighbours == cfg.neighbours else None
        course.append(judged(maps[-1], iteration, known))
        maps.append(_fit(*agreeing(forward, backward), source, target, cfg))
    course.append(judged(maps[-1], cfg.iterations))
    best = max(course, key=lambda evaluation: evaluation.criterion)
    return maps[best.epoch], course


def refine_once(W: Tensor, source: Tensor, target: Tensor, cfg: RefinementParams) -> Tensor:
    """Return the map [d, d] fitted to the mutual CSLS neighbours that ``W`` induces.

    Neighbours are sought among all words of ``source`` [n, d] and ``target`` [m, d], both sorted
    by falling frequency; pairs with a word beyond ``max_rank`` are left out.

    Raises
    ------
    TrainingError
        If no pair is left.

    """
    pairs = mutual_neighbours(source @ W.T, target, neighbours=cfg.neighbours)
    return _fit(*pairs, source, target, cfg)


def _fit(x: Tensor, y: Tensor, source: Tensor, target: Tensor, cfg: RefinementParams) -> Tensor:
    """Fit a map to pairs of rows, those of frequent words."""
    frequent = (x < cfg.max_rank) & (y < cfg.max_rank)
    if not frequent.any():
        raise TrainingError(
            f"refinement found no mutual neighbours up to max_rank={cfg.max_rank}: raise it"
        )
    return fit_map(source[x[frequent]], target[y[frequent]], cfg.solver)

"""Refinement: Procrustes on the words that are each other's nearest under the current map."""

from __future__ import annotations

from torch import Tensor

from crosstalk.alignment.criterion import Evaluation, evaluate
from crosstalk.alignment.csls import mutual_neighbours
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
    course, maps = [], [W]
    for iteration in range(cfg.iterations + 1):
        if iteration:
            maps.append(refine_once(maps[-1], source, target, cfg))
        course.append(
            evaluate(
                maps[-1],
                source,
                target,
                criterion,
                restart=restart,
                phase="refinement",
                epoch=iteration,
            )
        )
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
    x, y = mutual_neighbours(source @ W.T, target, neighbours=cfg.neighbours)
    frequent = (x < cfg.max_rank) & (y < cfg.max_rank)
    if not frequent.any():
        raise TrainingError(
            f"refinement found no mutual neighbours up to max_rank={cfg.max_rank}: raise it"
        )
    return fit_map(source[x[frequent]], target[y[frequent]], cfg.solver)

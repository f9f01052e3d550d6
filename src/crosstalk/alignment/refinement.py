"""Refinement: Procrustes on the words that are each other's nearest under the current map."""

from __future__ import annotations

from torch import Tensor

from crosstalk.alignment.csls import mutual_neighbours
from crosstalk.alignment.procrustes import fit_map
from crosstalk.errors import TrainingError
from crosstalk.params.alignment import RefinementParams


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

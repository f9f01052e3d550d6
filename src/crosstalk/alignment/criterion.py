"""How good a map is, judged without word pairs (Conneau et al. 2018, section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from crosstalk.alignment.csls import nearest_csls
from crosstalk.params.alignment import CriterionParams

Phase = Literal["adversarial", "self-learning", "wasserstein", "refinement"]


@dataclass(frozen=True)
class Evaluation:
    """A map at one point of its course."""

    restart: int
    phase: Phase
    epoch: int
    """Epoch of the game or round of refinement; 0 is the map before the first."""
    criterion: float
    """See :func:`mean_cosine`."""
    distance: float
    """Frobenius norm of W - I."""


def evaluate(
    W: Tensor,
    source: Tensor,
    target: Tensor,
    cfg: CriterionParams,
    *,
    restart: int,
    phase: Phase,
    epoch: int,
    nearest: Tensor | None = None,
) -> Evaluation:
    """Measure a map without word pairs; ``nearest`` as in :func:`mean_cosine`."""
    distance = torch.linalg.matrix_norm(W - torch.eye(len(W), device=W.device)).item()
    return Evaluation(restart, phase, epoch, mean_cosine(W, source, target, cfg, nearest), distance)


def mean_cosine(
    W: Tensor, source: Tensor, target: Tensor, cfg: CriterionParams, nearest: Tensor | None = None
) -> float:
    """Mean cosine of the most frequent source words, mapped, with their best targets by CSLS.

    ``source`` [n, d] and ``target`` [m, d] are sorted by falling frequency; ``W`` is [d, d].
    ``nearest`` are the rows int64 [n] of these targets, if they are known already.
    """
    mapped = source @ W.T
    frequent = mapped[: cfg.words]
    if nearest is None:
        nearest = nearest_csls(frequent, target, source_space=mapped, neighbours=cfg.neighbours)
    return torch.cosine_similarity(frequent, target[nearest[: cfg.words]]).mean().item()

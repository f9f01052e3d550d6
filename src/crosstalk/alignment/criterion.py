"""How good a map is, judged without word pairs (Conneau et al. 2018, section 3.5)."""

from __future__ import annotations

import torch
from torch import Tensor

from crosstalk.alignment.csls import top_csls
from crosstalk.params.alignment import CriterionParams


def mean_cosine(W: Tensor, source: Tensor, target: Tensor, cfg: CriterionParams) -> float:
    """Mean cosine of the most frequent source words, mapped, with their best targets by CSLS.

    ``source`` [n, d] and ``target`` [m, d] are sorted by falling frequency; ``W`` is [d, d].
    """
    mapped = source @ W.T
    frequent = mapped[: cfg.words]
    best = top_csls(frequent, target, 1, source_space=mapped, neighbours=cfg.neighbours)[1]
    return torch.cosine_similarity(frequent, target[best.squeeze(1)]).mean().item()

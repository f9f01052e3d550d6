"""The linear map that best carries paired source vectors onto their targets."""

from __future__ import annotations

import torch
from torch import Tensor

from crosstalk.params.alignment import Solver


def orthogonal_map(source: Tensor, target: Tensor) -> Tensor:
    """Orthogonal W [..., d, d] minimising sum |W x - y|^2 over the pairs (Schönemann 1966).

    ``source`` and ``target`` are [..., n, d]; leading dimensions are a batch.
    """
    left, _, right = torch.linalg.svd(target.mT @ source)
    return left @ right


def least_squares_map(source: Tensor, target: Tensor) -> Tensor:
    """Unconstrained W [..., d, d] minimising sum |W x - y|^2 (Chung et al. 2018, Eq. 1).

    With fewer pairs than dimensions, the one of least norm.
    """
    return (torch.linalg.pinv(source) @ target).mT


def fit_map(source: Tensor, target: Tensor, solver: Solver) -> Tensor:
    """Solve by either rule."""
    solve = orthogonal_map if solver == "orthogonal" else least_squares_map
    return solve(source, target)

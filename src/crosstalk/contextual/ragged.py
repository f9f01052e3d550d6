"""Rows of unlike length, end to end."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Ragged:
    """S rows that hold N values together."""

    values: Tensor
    """[N]."""
    offsets: Tensor
    """int64 [S + 1]: where each row starts."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Tensor:
        """int64 [S]."""
        return self.offsets.diff()

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values of ``rows`` int64 [R], end to end, and whose they are: int64 in R."""
        lengths = self.lengths[rows]
        owner = torch.arange(len(rows)).repeat_interleave(lengths)
        before = lengths.cumsum(0) - lengths
        return self.values[torch.arange(len(owner)) + (self.offsets[rows] - before)[owner]], owner

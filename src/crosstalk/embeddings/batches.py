"""Batches of sequences of unlike length: little padding, and a function of the step alone."""

from __future__ import annotations

import torch
from torch import Tensor

from crosstalk.seeds import derive_seed

POOL = 50
"""Batches that are sorted by length together."""


def length_sorted_batches(items: Tensor, cost: Tensor, size: int, seed: int) -> list[Tensor]:
    """Shuffle items int64 [n] into batches of ``size`` whose costs (lengths, int64) are alike.

    ``cost`` is indexed by item. Pools of `POOL` batches are sorted, cut, and shuffled again.
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = items[torch.randperm(len(items), generator=generator)]
    batches = [
        batch
        for pool in shuffled.split(POOL * size)
        for batch in pool[cost[pool].argsort(stable=True)].split(size)
    ]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


class Epochs:
    """The batch of each step, when every epoch visits every item once in a new order."""

    def __init__(self, items: Tensor, cost: Tensor, size: int, seed: int) -> None:
        self.items, self.cost, self.size, self.seed = items, cost, size, seed
        self._drawn: tuple[int, list[Tensor]] | None = None

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        return -(-len(self.items) // self.size)

    def items_at(self, step: int) -> Tensor:
        """Return the items int64 [B] of a step; the same step always gives the same ones."""
        epoch, index = divmod(step, self.steps)
        if self._drawn is None or self._drawn[0] != epoch:
            seed = derive_seed(self.seed, f"epoch {epoch}")
            self._drawn = epoch, length_sorted_batches(self.items, self.cost, self.size, seed)
        return self._drawn[1][index]


def gather(frames: Tensor, starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Stack segments of frames [N, F] into [B, T, F], zero beyond their lengths int64 [B]."""
    step = torch.arange(int(lengths.max()), device=frames.device)
    index = (starts.unsqueeze(1) + step).clamp(max=len(frames) - 1)
    inside = step < lengths.unsqueeze(1)
    return frames[index] * inside.unsqueeze(-1), lengths

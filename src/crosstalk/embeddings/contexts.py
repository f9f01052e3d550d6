"""Skip-gram batches of acoustic word segments: who is whose neighbour, and in which order."""

from __future__ import annotations

import torch
from torch import Tensor

from crosstalk.embeddings.speech2vec import ContextBatch
from crosstalk.seeds import derive_seed

POOL = 50  # batches that are sorted by length together: little padding, still random batches


class Contexts:
    """All training segments of a corpus, and its batches as a function of the step number.

    Parameters
    ----------
    frames
        float32 [N, F]: the frames of all segments, one after another.
    offsets
        int64 [n + 1]: where each segment begins; cut to ``max_frames``.
    utterance
        int64 [n]: segments of one utterance stand together, in spoken order.
    window
        Neighbours on each side (the paper's k); they never cross an utterance.

    """

    def __init__(
        self,
        frames: Tensor,
        offsets: Tensor,
        utterance: Tensor,
        *,
        window: int,
        max_frames: int,
        batch_tokens: int,
        seed: int,
    ) -> None:
        self.frames = frames
        self.starts = offsets[:-1]
        self.lengths = offsets.diff().clamp(max=max_frames)
        self.neighbours = _neighbours(utterance, window)
        self.centres = (self.neighbours >= 0).any(1).nonzero().squeeze(1)
        self.batch_tokens = batch_tokens
        self.seed = seed
        longest = self.lengths[self.neighbours.clamp(min=0)] * (self.neighbours >= 0)
        self.target_lengths = longest.amax(1)
        self._epoch: tuple[int, list[Tensor]] | None = None

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.centres) // self.batch_tokens)

    def batch_at(self, step: int) -> ContextBatch:
        """Return the batch of a step; the same step always gives the same batch."""
        epoch, index = divmod(step, self.steps_per_epoch)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        return self.batch_of(self._epoch[1][index])

    def batch_of(self, centres: Tensor) -> ContextBatch:
        """Gather the centres (int64 [B]) and the sums over their neighbours."""
        neighbours = self.neighbours[centres]
        frames, mask = self._frames_of(neighbours.clamp(min=0).flatten())
        mask = mask.view(*neighbours.shape, -1) & (neighbours >= 0).unsqueeze(-1)
        mask = mask[:, :, : int(self.target_lengths[centres].max())]
        targets = frames.view(*neighbours.shape, -1, frames.shape[-1])[:, :, : mask.shape[2]]
        targets = targets * mask.unsqueeze(-1)
        return ContextBatch(
            *self.padded(centres),
            target_sum=targets.sum(1),
            target_count=mask.sum(1).float(),
            target_square=targets.square().sum(),
        )

    def padded(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Frames float32 [B, T, F] of some segments, zero-padded, and their lengths int64 [B]."""
        frames, _ = self._frames_of(tokens)
        return frames, self.lengths[tokens]

    def _frames_of(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        frames, lengths = gather(self.frames, self.starts[tokens], self.lengths[tokens])
        return frames, torch.arange(frames.shape[1]) < lengths.unsqueeze(1)

    def _order(self, epoch: int) -> list[Tensor]:
        generator = torch.Generator().manual_seed(derive_seed(self.seed, f"epoch {epoch}"))
        shuffled = self.centres[torch.randperm(len(self.centres), generator=generator)]
        cost = torch.maximum(self.lengths, self.target_lengths)
        batches = [
            batch
            for pool in shuffled.split(POOL * self.batch_tokens)
            for batch in pool[cost[pool].argsort(stable=True)].split(self.batch_tokens)
        ]
        return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


def gather(frames: Tensor, starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Stack segments of frames [N, F] into [B, T, F], zero beyond their lengths int64 [B]."""
    step = torch.arange(int(lengths.max()), device=frames.device)
    index = (starts.unsqueeze(1) + step).clamp(max=len(frames) - 1)
    inside = step < lengths.unsqueeze(1)
    return frames[index] * inside.unsqueeze(-1), lengths


def _neighbours(utterance: Tensor, window: int) -> Tensor:
    """Index of each segment's 2k neighbours, int64 [n, 2k]; -1 where there is none."""
    n = len(utterance)
    shifts = torch.tensor([s for s in range(-window, window + 1) if s])
    index = torch.arange(n).unsqueeze(1) + shifts
    inside = (index >= 0) & (index < n)
    index = index.clamp(0, max(n - 1, 0))
    same = utterance[index] == utterance.unsqueeze(1)
    return torch.where(inside & same, index, -1)

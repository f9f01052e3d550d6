"""Batches of acoustic word segments: who is whose neighbour, and in which order."""

from __future__ import annotations

import torch
from torch import Tensor

from crosstalk.embeddings.batches import Epochs, gather
from crosstalk.embeddings.speech2vec import ContextBatch
from crosstalk.params.speech2vec import Variant


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
    variant
        ``skip_gram``: centres are encoded, their neighbours are the targets; ``cbow``: the reverse.

    """

    def __init__(
        self,
        frames: Tensor,
        offsets: Tensor,
        utterance: Tensor,
        *,
        window: int,
        variant: Variant,
        max_frames: int,
        batch_tokens: int,
        seed: int,
    ) -> None:
        self.frames = frames
        self.starts = offsets[:-1]
        self.lengths = offsets.diff().clamp(max=max_frames)
        self.neighbours = _neighbours(utterance, window)
        self.centres = (self.neighbours >= 0).any(1).nonzero().squeeze(1)
        self.variant = variant
        longest = self.lengths[self.neighbours.clamp(min=0)] * (self.neighbours >= 0)
        cost = torch.maximum(self.lengths, longest.amax(1))
        self.epochs = Epochs(self.centres.cpu(), cost.cpu(), batch_tokens, seed)

    @property
    def steps_per_epoch(self) -> int:
        return self.epochs.steps

    def batch_at(self, step: int) -> ContextBatch:
        """Return the batch of a step; the same step always gives the same batch."""
        return self.batch_of(self.epochs.items_at(step).to(self.frames.device))

    def batch_of(self, centres: Tensor) -> ContextBatch:
        """Gather the words to encode and the sums over their targets for centres int64 [B]."""
        neighbours = self.neighbours[centres]
        if self.variant == "skip_gram":
            decoding = torch.arange(len(centres), device=centres.device)
            encoded, targets = centres, neighbours
        else:
            decoding, place = (neighbours >= 0).nonzero(as_tuple=True)
            encoded, targets = neighbours[decoding, place], centres.unsqueeze(1)
        frames, mask = self._frames_of(targets.clamp(min=0).flatten())
        mask = mask.view(*targets.shape, -1) & (targets >= 0).unsqueeze(-1)
        mask = mask[:, :, : int(mask.sum(-1).max())]
        frames = frames.view(*targets.shape, -1, frames.shape[-1])[:, :, : mask.shape[2]]
        frames = frames * mask.unsqueeze(-1)
        return ContextBatch(
            *self.padded(encoded),
            decoding=decoding,
            target_sum=frames.sum(1),
            target_count=mask.sum(1).float(),
            target_square=frames.square().sum(),
        )

    def padded(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Frames float32 [B, T, F] of some segments, zero-padded, and their lengths int64 [B]."""
        frames, _ = self._frames_of(tokens)
        return frames, self.lengths[tokens]

    def _frames_of(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        frames, lengths = gather(self.frames, self.starts[tokens], self.lengths[tokens])
        return frames, torch.arange(frames.shape[1], device=frames.device) < lengths.unsqueeze(1)


def _neighbours(utterance: Tensor, window: int) -> Tensor:
    """Index of each segment's 2k neighbours, int64 [n, 2k]; -1 where there is none."""
    n, device = len(utterance), utterance.device
    shifts = torch.tensor([s for s in range(-window, window + 1) if s], device=device)
    index = torch.arange(n, device=device).unsqueeze(1) + shifts
    inside = (index >= 0) & (index < n)
    index = index.clamp(0, max(n - 1, 0))
    same = utterance[index] == utterance.unsqueeze(1)
    return torch.where(inside & same, index, -1)

"""Speech2Vec, skip-gram variant: an acoustic segment predicts the segments around it.

Chung and Glass, Interspeech 2018, section 2; the speech side of Chung et al. 2018. One
bidirectional LSTM encodes a word's MFCC frames into z; one LSTM decoder, shared by all 2k context
positions, unrolls from z; the objective is the squared error to every neighbour's frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ContextBatch:
    """B centre words and the sums over their neighbours that the objective needs.

    The decoder is shared and sees nothing but z, so it answers every neighbour with the same
    sequence, cut to that neighbour's length. The squared error to all of them is therefore a
    function of per-frame counts and sums, and one decoding serves all 2k neighbours.
    """

    frames: Tensor
    """float32 [B, T, F]: MFCC of the centre words, zero beyond their length."""
    lengths: Tensor
    """int64 [B]: frames of each centre."""
    target_sum: Tensor
    """float32 [B, L, F]: sum over neighbours of their frame t."""
    target_count: Tensor
    """float32 [B, L]: how many neighbours have a frame t."""
    target_square: Tensor
    """float32 []: sum of squares of all neighbour values (the objective's constant)."""


class Speech2Vec(nn.Module):
    """Encoder and decoder; ``encode`` is what remains after training.

    Batches are padded, not packed: they come sorted by length, and a padded LSTM runs several
    times faster than a packed one on a CPU.
    """

    def __init__(self, features: int, dimension: int, decoder_dimension: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(features, dimension // 2, batch_first=True)
        self.backwards = nn.LSTM(features, dimension // 2, batch_first=True)
        self.decoder = nn.LSTM(dimension, decoder_dimension, batch_first=True)
        self.output = nn.Linear(decoder_dimension, features)

    def encode(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Map frames float32 [B, T, F], zero beyond ``lengths`` int64 [B], to z float32 [B, d].

        z joins the last states of both directions, each at its own end of the word.
        """
        row = torch.arange(len(frames), device=frames.device)
        states = (self.forwards(frames)[0], self.backwards(reverse(frames, lengths))[0])
        return torch.cat([state[row, lengths - 1] for state in states], dim=-1)

    def decode(self, z: Tensor, steps: int) -> Tensor:
        """Unroll z [B, d] into frames [B, steps, F]; z is the input of every step.

        No teacher forcing: a decoder that sees the previous true frame learns to copy it, and the
        context carries nothing (the paper leaves this open).
        """
        hidden, _ = self.decoder(z.unsqueeze(1).expand(-1, steps, -1))
        return self.output(hidden)

    def forward(self, batch: ContextBatch) -> Tensor:
        """Mean squared error per neighbour frame and coefficient, over the batch."""
        y = self.decode(self.encode(batch.frames, batch.lengths), batch.target_count.shape[1])
        square = (batch.target_count * y.square().sum(-1)).sum()
        cross = (y * batch.target_sum).sum()
        values = batch.target_count.sum() * y.shape[-1]
        return (square - 2 * cross + batch.target_square) / values


def reverse(frames: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each sequence of [B, T, F] within its own length; padding stays at the end."""
    step = torch.arange(frames.shape[1], device=frames.device)
    index = torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)
    return frames.gather(1, index.unsqueeze(-1).expand_as(frames))

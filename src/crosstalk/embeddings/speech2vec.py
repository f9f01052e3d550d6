"""Speech2Vec: an acoustic segment predicts the segments around it, or is predicted by them.

Chung and Glass, Interspeech 2018, section 2; the speech side of Chung et al. 2018. One
bidirectional LSTM encodes a word's MFCC frames into z; one LSTM decoder, shared by all 2k context
positions, unrolls from z. Skip-gram: z of the centre, squared error to every neighbour's frames.
CBOW: sum of the neighbours' z, squared error to the centre's frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crosstalk.params.speech2vec import NetworkParams
from crosstalk.training.seeding import seed_everything


@dataclass(frozen=True)
class ContextBatch:
    """M encoded words, B decodings, and the sums over their targets that the objective needs.

    The decoder is shared and sees nothing but z, so in skip-gram it answers every neighbour with
    the same sequence, cut to that neighbour's length. The squared error to all of them is therefore
    a function of per-frame counts and sums, and one decoding serves all 2k neighbours.
    """

    frames: Tensor
    """float32 [M, T, F]: MFCC of the encoded words, zero beyond their length."""
    lengths: Tensor
    """int64 [M]: frames of each of them."""
    decoding: Tensor
    """int64 [M]: the decoding that each contributes its z to; skip-gram: one each."""
    target_sum: Tensor
    """float32 [B, L, F]: sum over targets of their frame t."""
    target_count: Tensor
    """float32 [B, L]: how many targets have a frame t."""
    target_square: Tensor
    """float32 []: sum of squares of all target values (the objective's constant)."""


class Encoder(nn.Module):
    """A bidirectional LSTM that maps a word's frames to one vector.

    Batches are padded, not packed: they come sorted by length, and a padded LSTM runs several
    times faster than a packed one on a CPU.
    """

    def __init__(self, features: int, dimension: int) -> None:
        super().__init__()
        self.dimension = dimension
        self.forwards = nn.LSTM(features, dimension // 2, batch_first=True)
        self.backwards = nn.LSTM(features, dimension // 2, batch_first=True)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Map frames float32 [B, T, F], zero beyond ``lengths`` int64 [B], to float32 [B, d].

        The result joins the last states of both directions, each at its own end of the word.
        """
        row = torch.arange(len(frames), device=frames.device)
        states = (self.forwards(frames)[0], self.backwards(reverse(frames, lengths))[0])
        return torch.cat([state[row, lengths - 1] for state in states], dim=-1)


class Speech2Vec(nn.Module):
    """Encoder and decoder; ``encode`` is what remains after training."""

    def __init__(self, features: int, dimension: int, decoder_dimension: int) -> None:
        super().__init__()
        self.encode = Encoder(features, dimension)
        self.decoder = nn.LSTM(dimension, decoder_dimension, batch_first=True)
        self.output = nn.Linear(decoder_dimension, features)

    def decode(self, z: Tensor, steps: int) -> Tensor:
        """Unroll z [B, d] into frames [B, steps, F]; z is the input of every step.

        No teacher forcing: a decoder that sees the previous true frame learns to copy it, and the
        context carries nothing (the paper leaves this open).
        """
        hidden, _ = self.decoder(z.unsqueeze(1).expand(-1, steps, -1))
        return self.output(hidden)

    def forward(self, batch: ContextBatch) -> Tensor:
        """Mean squared error per target frame and coefficient, over the batch."""
        decodings, steps = batch.target_count.shape
        encoded = self.encode(batch.frames, batch.lengths)
        z = encoded.new_zeros(decodings, encoded.shape[1])
        y = self.decode(z.index_add(0, batch.decoding, encoded), steps)
        square = (batch.target_count * y.square().sum(-1)).sum()
        cross = (y * batch.target_sum).sum()
        values = batch.target_count.sum() * y.shape[-1]
        return (square - 2 * cross + batch.target_square) / values


def draw_network(cfg: NetworkParams, features: int, seed: int) -> Speech2Vec:
    """Return a network for frames of ``features`` coefficients, with weights drawn by the seed."""
    seed_everything(seed, "speech2vec")
    return Speech2Vec(features, cfg.dimension, cfg.decoder_dimension)


def reverse(frames: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each sequence of [B, T, F] within its own length; padding stays at the end."""
    step = torch.arange(frames.shape[1], device=frames.device)
    index = torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)
    return frames.gather(1, index.unsqueeze(-1).expand_as(frames))

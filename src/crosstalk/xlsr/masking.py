"""Which frames the context network does not see (wav2vec 2.0, sections 3.1 and 4.2; fairseq)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from crosstalk.errors import DataError

LEAST_SPANS = 2
"""Spans in a row, however short it is."""


def draw_masked(
    rows: int, frames: int, *, probability: float, length: int, device: torch.device
) -> Tensor:
    """Draw the masked frames of equally long rows: int64 [B, M], rising, the same number in each.

    As fairseq does: ``probability * frames`` spans a row, rounded up or down at random, start at
    distinct frames and may overlap; surplus frames of rows that ended up with more are unmasked at
    random, so some spans have holes. Draws from the device's global stream.

    Raises
    ------
    DataError
        The rows are too short for two spans.

    """
    starts = frames - length
    if starts < LEAST_SPANS:
        raise DataError(
            f"{frames} frames are too few for masked spans of {length}: raise min_seconds"
        )
    spans = (probability * frames + torch.rand(rows, 1, device=device)).floor()
    spans = spans.clamp(LEAST_SPANS, starts)
    # A row's `spans` smallest of uniform numbers are a draw without replacement.
    order = torch.rand(rows, starts, device=device).argsort(dim=1).argsort(dim=1)
    begins = (order < spans).float().unsqueeze(1)
    kernel = torch.ones(1, 1, length, device=device)
    covered = functional.conv_transpose1d(begins, kernel).squeeze(1) > 0.5
    covered = functional.pad(covered, (0, frames - covered.shape[1]))
    kept = int(covered.sum(1).min())
    lottery = torch.rand(rows, frames, device=device).masked_fill(~covered, -1.0)
    return lottery.topk(kept, dim=1).indices.sort(dim=1).values


def as_mask(positions: Tensor, frames: int) -> Tensor:
    """Turn positions int64 [B, M] into a mask bool [B, T]."""
    mask = torch.zeros(len(positions), frames, dtype=torch.bool, device=positions.device)
    return mask.scatter(1, positions, True)

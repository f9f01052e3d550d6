"""Masks of fine-tuning: spans of frames and of channels (wav2vec 2.0, section 4.3; SpecAugment)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def draw_spans(
    extents: Tensor, width: int, *, share: float, length: int, at_least: int = 0
) -> Tensor:
    """Draw masked spans in rows of unlike length, as fairseq does: bool [B, ``width``].

    A row of ``n`` places has ``share * n / length`` spans, rounded up or down at random. They start
    at distinct places, end inside the row, and may overlap, so that less than ``share`` of it is
    masked. Rows are not made equal as in pretraining, where the loss asks for it. Draws from the
    device's global stream.

    Parameters
    ----------
    extents
        int64 [B]: places of each row.
    share, length
        Of the row under spans if none overlapped, and places of a span.
    at_least
        Spans of a row however short, as far as they fit.

    """
    rows, place = len(extents), extents.device
    starts = (extents - length).clamp(min=0).unsqueeze(1)
    spans = (share / length * extents.unsqueeze(1) + torch.rand(rows, 1, device=place)).floor()
    spans = torch.minimum(spans.clamp(min=at_least), starts)
    lottery = torch.rand(rows, width, device=place)
    lottery = lottery.masked_fill(torch.arange(width, device=place) >= starts, 2.0)
    # The `spans` smallest of a row's uniform numbers are a draw without replacement.
    begins = (lottery.argsort(dim=1).argsort(dim=1) < spans).float()
    return (
        functional.max_pool1d(
            functional.pad(begins, (length - 1, 0)).unsqueeze(1), length, 1
        ).squeeze(1)
        > 0
    )

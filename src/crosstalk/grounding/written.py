"""Written captions in place of pictures: an upper reference, for text says what pictures show.

Characters by threes, hashed, their vectors averaged (as fastText does for words). English captions
stand for all languages, so the text is a bridge between them just as a picture is.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

BUCKETS = 4096
PADDING = 0


def trigrams(text: str) -> list[int]:
    """Hash the runs of three characters of a text, case and outer blanks aside: 1 to `BUCKETS`."""
    framed = f" {' '.join(text.casefold().split())} "
    return [
        1 + zlib.crc32(framed[i : i + 3].encode()) % BUCKETS for i in range(max(1, len(framed) - 2))
    ]


def as_trigrams(texts: Sequence[str]) -> Tensor:
    """Hash texts to int64 [n, most], filled up with `PADDING`."""
    rows = [torch.tensor(trigrams(text)) for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)


class TextEncoder(nn.Module):
    """The mean of the vectors of a text's trigrams."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.vectors = nn.EmbeddingBag(BUCKETS + 1, dimension, mode="mean", padding_idx=PADDING)
        self.dimension = dimension

    def forward(self, hashed: Tensor) -> Tensor:
        """Map what `as_trigrams` returned to float32 [n, dimension]."""
        return self.vectors(hashed)

"""Recordings of several sources in one array of frames, with one table of who says what.

Networks read random utterances thousands of times. Decoding FLAC and computing features each time
would cost more than small networks do, so both happen once; the array is memory-mapped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from torch import Tensor

from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError

CUT_COLUMNS = (
    "id",
    "source",
    "language",
    "speaker",
    "split",
    "item",
    "seconds",
    "text",
    "phones",
)
"""``item`` is what is said, whoever says it; ``phones`` are IPA symbols with spaces between."""


@dataclass(frozen=True, eq=False)
class PackedSpeech:
    """Utterances, in the order of the table ``cuts``."""

    frames: Tensor
    """float16 [N, F], memory-mapped: log-mel frames (F bins) or samples (F = 1) of all utterances,
    each with mean 0 and variance 1 in every column."""
    starts: np.ndarray
    """int64 [n]: first frame of each utterance."""
    lengths: np.ndarray
    """int64 [n]: frames of each utterance."""
    cuts: pd.DataFrame
    """`CUT_COLUMNS`, numbered from 0."""
    rate: float
    """Frames a second."""

    def __len__(self) -> int:
        return len(self.starts)

    def frames_of(self, index: int) -> Tensor:
        """Return the frames float32 [T, F] of one utterance."""
        start = int(self.starts[index])
        return self.frames[start : start + int(self.lengths[index])].float()

    def select(self, mask: np.ndarray | pd.Series) -> Self:
        """Keep the utterances where ``mask`` bool [n] is true; frames are not copied."""
        return self.take(np.flatnonzero(np.asarray(mask)))

    def take(self, rows: np.ndarray) -> Self:
        """Return the utterances of some rows, int64 [m], in their order; frames are not copied."""
        cuts = self.cuts.iloc[rows].reset_index(drop=True)
        return type(self)(self.frames, self.starts[rows], self.lengths[rows], cuts, self.rate)

    @classmethod
    def read(cls, frames: Path, cuts: Path) -> Self:
        """Open what `crosstalk.speech.packing.pack_speech` wrote.

        Raises
        ------
        DataError
            A file is broken, or the two do not belong together.

        """
        table = read_columns(cuts, CUT_COLUMNS)
        try:
            with safe_open(frames, framework="pt") as file:
                rate = json.loads((file.metadata() or {})["packed"])["rate"]
                array, lengths = file.get_tensor("frames"), file.get_tensor("lengths").numpy()
        except (SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{frames} is not packed speech ({error}): make it again") from error
        if len(lengths) != len(table):
            raise DataError(
                f"{frames} holds {len(lengths)} utterances, but {cuts} {len(table)}: make both "
                "again"
            )
        return cls(array, np.cumsum(lengths) - lengths, lengths, table, rate)

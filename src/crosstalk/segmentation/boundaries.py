"""A segmentation: the stretches of speech that are taken for words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from crosstalk.errors import DataError


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Segments in the order of speech; none crosses an utterance, none overlaps another.

    There may be gaps between segments (pauses belong to no word).
    """

    first: np.ndarray
    """int64 [n]: first frame of each segment, an index into ``Utterances.frames``."""
    last: np.ndarray
    """int64 [n]: the frame after its last one."""

    def __len__(self) -> int:
        return len(self.first)

    def save(self, path: Path) -> None:
        """Write safetensors; the same segmentation always gives the same bytes."""
        # safetensors writes the memory of an array, so a column of a table must be copied out.
        tensors = {"first": self.first, "last": self.last}
        save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises DataError if the file is anything else."""
        try:
            return cls(**load_file(path))
        except (SafetensorError, TypeError, ValueError) as error:
            raise DataError(f"{path} is not a segmentation ({error}): make it again") from error

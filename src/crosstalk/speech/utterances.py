"""Spoken utterances as acoustic frames, with the words that were said and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from crosstalk.errors import DataError

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, eq=False)
class Utterances:
    """Utterances in the order of ``messages``, and their words in the order of speech.

    Frame indices count through all utterances, so a range of frames names its utterance too.
    """

    frames: np.ndarray
    """float32 [N, d]: acoustic frames of all utterances, one after another."""
    energy: np.ndarray
    """float32 [N]: level of each frame in dB relative to full scale."""
    offsets: np.ndarray
    """int64 [u + 1]: utterance i has the frames from ``offsets[i]`` to ``offsets[i + 1]``."""
    speaker: np.ndarray
    """int32 [u]: position in ``speakers``."""
    split: np.ndarray
    """uint8 [u]: position in `SPLITS`."""
    word_first: np.ndarray
    """int64 [n]: first frame of each spoken word."""
    word_last: np.ndarray
    """int64 [n]: frame after its last one, at least one beyond ``word_first``."""
    word: np.ndarray
    """int32 [n]: position in ``vocabulary``."""
    vocabulary: list[str]
    """Words, most frequent first."""
    speakers: list[str]
    """Speaker names, sorted."""
    messages: list[str]
    """Message identifier of each utterance."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def words_of(self, split: str) -> np.ndarray:
        """Return the rows, int64, of the words of one split."""
        in_split = self.split == SPLITS.index(split)
        return in_split[self.utterance_of(self.word_first)].nonzero()[0]

    def utterance_of(self, frames: np.ndarray) -> np.ndarray:
        """Return the utterance, int64, of each frame index."""
        return np.searchsorted(self.offsets, frames, side="right") - 1

    def save(self, path: Path) -> None:
        """Write a safetensors file; equal utterances give equal bytes."""
        tensors, names = {}, {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                names[field.name] = value
            else:
                tensors[field.name] = np.ascontiguousarray(value)
        # One entry: safetensors writes several in an order that changes from run to run.
        metadata = {"names": json.dumps(names, ensure_ascii=False)}
        path.write_bytes(save(tensors, metadata=metadata))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            The file is not a complete file of utterances.

        """
        with _opened(path) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            names = json.loads((file.metadata() or {})["names"])
            return cls(**tensors, **names)


def read_width(path: Path) -> int:
    """Return how many values a frame of saved utterances has, without reading any.

    Raises
    ------
    DataError
        The file is not one of utterances.

    """
    with _opened(path) as file:
        return file.get_slice("frames").get_shape()[1]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is not a file of utterances ({error}): make it again") from error

"""An embedding space: words by falling frequency, their counts, and a vector for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from crosstalk.errors import DataError
from crosstalk.params.alignment import Step


@dataclass(frozen=True, eq=False)
class Space:
    """Words and their vectors, the most frequent word first.

    Raises
    ------
    DataError
        If lengths differ, a word stands twice, counts rise, or a vector is zero or not finite.

    """

    words: list[str]
    counts: np.ndarray
    """int64 [n], falling: occurrences of each word in the text or speech behind the space."""
    vectors: np.ndarray
    """float32 [n, d]."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", np.ascontiguousarray(self.counts, np.int64))
        object.__setattr__(self, "vectors", np.ascontiguousarray(self.vectors, np.float32))
        _check(self.words, self.counts, self.vectors)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimension(self) -> int:
        return self.vectors.shape[1]

    @cached_property
    def index(self) -> dict[str, int]:
        """Row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    def normalise(self, steps: Sequence[Step] = ("unit", "centre", "unit")) -> Space:
        """Return the space after ``steps``; each is over all words, whatever their counts."""
        vectors = Normaliser.fit(self.vectors, steps).apply(self.vectors)
        return Space(self.words, self.counts, vectors)

    def save(self, path: Path) -> None:
        """Write safetensors; the same space always gives the same bytes."""
        # One metadata key only: safetensors writes several in random order.
        metadata = {"words": json.dumps(self.words, ensure_ascii=False)}
        save_file({"counts": self.counts, "vectors": self.vectors}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Space:
        """Read what :meth:`save` wrote."""
        try:
            with safe_open(path, "np") as file:
                words = json.loads(file.metadata()["words"])
                return cls(words, file.get_tensor("counts"), file.get_tensor("vectors"))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path} is not an embedding space ({error}): delete it and make it again"
            ) from error


@dataclass(frozen=True, eq=False)
class Normaliser:
    """Steps fitted to one space, to be applied to it or to single tokens of it."""

    steps: tuple[Step, ...]
    centre: np.ndarray
    """float32 [d]: what ``centre`` subtracts; zero where the steps have none."""

    @classmethod
    def fit(cls, vectors: np.ndarray, steps: Sequence[Step]) -> Normaliser:
        """Take the mean at the point where ``centre`` stands among ``steps``."""
        centre = np.zeros(vectors.shape[1], np.float32)
        if "centre" in steps:
            before = cls(tuple(steps[: steps.index("centre")]), centre)
            centre = before.apply(vectors).mean(0, dtype=np.float64).astype(np.float32)
        return cls(tuple(steps), centre)

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """Return float32 [n, d] after all steps; raise DataError if a vector has no direction."""
        for step in self.steps:
            vectors = vectors - self.centre if step == "centre" else _unit(vectors)
        return vectors.astype(np.float32, copy=False)


def _unit(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not norms.all():
        raise DataError(f"vector {int(norms.argmin())} is zero and has no direction")
    return vectors / norms


def _check(words: list[str], counts: np.ndarray, vectors: np.ndarray) -> None:
    if vectors.ndim != 2 or not len(words) == len(counts) == len(vectors):
        raise DataError(
            f"an embedding space needs one count and one vector a word, not {len(words)} words, "
            f"{len(counts)} counts and vectors of shape {vectors.shape}"
        )
    if len(set(words)) != len(words):
        twice = next(word for row, word in enumerate(words) if word in words[:row])
        raise DataError(f"word {twice!r} stands twice in an embedding space")
    if (np.diff(counts) > 0).any():
        rising = words[int((np.diff(counts) > 0).argmax()) + 1]
        raise DataError(f"words must be sorted by falling count, but {rising!r} is out of order")
    finite = np.isfinite(vectors).all(1)
    if not finite.all():
        raise DataError(f"the vector of {words[int(finite.argmin())]!r} is not finite")
    nonzero = vectors.any(1)
    if not nonzero.all():
        raise DataError(f"the vector of {words[int(nonzero.argmin())]!r} is zero")

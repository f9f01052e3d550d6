"""Segments: stretches of speech, cut out as frames for an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from crosstalk.speech.utterances import Utterances


@dataclass(frozen=True, eq=False)
class Segments:
    """Stretches of speech in order."""

    frames: np.ndarray
    """float32 [M, d]: the frames of all segments, one after another."""
    offsets: np.ndarray
    """int64 [n + 1]: segment i has the frames from ``offsets[i]`` to ``offsets[i + 1]``."""
    utterance: np.ndarray
    """int64 [n]: the utterance that each is part of."""

    @classmethod
    def cut(cls, utterances: Utterances, first: np.ndarray, last: np.ndarray) -> Self:
        """Cut out the half-open ranges of frames, int64 [n], each at least one frame long."""
        lengths = last - first
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        rows = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], lengths)
        return cls(utterances.frames[rows], offsets, utterances.utterance_of(first))

"""Frames of many utterances, written one utterance at a time into a file of safetensors.

The library's own writer wants all of a file in memory, and a packed corpus of the papers is two
hundred gigabytes. The file's head says how much follows, so frames wait in another file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from torch import Tensor

_CHUNK = 1 << 24  # bytes that are copied at once


def write_frames(path: Path, pieces: Iterable[Tensor], rate: float) -> None:
    """Write what `crosstalk.speech.packed.PackedSpeech` reads.

    ``pieces`` are the frames float16 [T, F] of each utterance, ``rate`` of them a second. The bytes
    are those that safetensors would write.
    """
    lengths, width = [], 0
    with TemporaryFile(dir=path.parent) as waiting:
        for piece in pieces:
            lengths.append(len(piece))
            width = piece.shape[1]
            waiting.write(piece.numpy().tobytes())
        waiting.seek(0)
        with path.open("wb") as file:
            file.write(_head(len(lengths), sum(lengths), width, rate))
            file.write(np.array(lengths, np.int64).tobytes())
            shutil.copyfileobj(waiting, file, _CHUNK)


def _head(utterances: int, frames: int, width: int, rate: float) -> bytes:
    """Describe a file with ``lengths`` and ``frames``, and nothing else."""
    middle = 8 * utterances
    end = middle + 2 * frames * width
    text = json.dumps(
        {
            "__metadata__": {"packed": json.dumps({"rate": rate})},
            "lengths": {"dtype": "I64", "shape": [utterances], "data_offsets": [0, middle]},
            "frames": {"dtype": "F16", "shape": [frames, width], "data_offsets": [middle, end]},
        },
        separators=(",", ":"),
    ).encode()
    padded = text.ljust(-(-len(text) // 8) * 8)
    return len(padded).to_bytes(8, "little") + padded

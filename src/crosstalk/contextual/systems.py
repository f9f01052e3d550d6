"""What is compared: the base encoder, its rotations, and the aligned encoders by given names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crosstalk.errors import ParameterError

BASE = "base"
ROTATED = {"word": "word_rotation", "sentence": "sentence_rotation"}
"""Names of the rotation baselines, by what they are fitted to."""


def encoders(base: Path, names: Sequence[str], aligned: Sequence[Path]) -> list[tuple[str, Path]]:
    """Pair the encoders' files with their names, the base first.

    Raises
    ------
    ParameterError
        If names and files are not as many.

    """
    if len(names) != len(aligned):
        raise ParameterError(f"{len(aligned)} aligned models need as many names: {' '.join(names)}")
    return [(BASE, base), *zip(names, aligned, strict=True)]

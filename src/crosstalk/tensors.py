"""Reading safetensors files of plain tensors, as NumPy or torch wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from crosstalk.errors import DataError


def load_tensors(path: Path, framework: Literal["np", "pt"]) -> dict[str, Any]:
    """Read all tensors by name.

    Raises
    ------
    DataError
        The file is damaged or none of safetensors.

    """
    try:
        with safe_open(path, framework) as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
    except SafetensorError as error:
        raise DataError(
            f"{path} is not a safetensors file ({error}); delete it and run again"
        ) from error

"""Answered questions as rows of a Parquet table: what bootstrap intervals are computed from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crosstalk.corpora.parquet import read_columns

COLUMNS = ("table", "row", "column", "seed", "cluster", "correct")
"""``cluster`` is what is resampled together, such as the word type; ``correct`` is 0 to 1."""


def write_items(frame: pd.DataFrame, path: Path) -> None:
    """Write answered questions.

    Raises
    ------
    ValueError
        A column is missing, or ``correct`` lies outside of 0 to 1.

    """
    if not frame["correct"].between(0, 1).all():
        raise ValueError("correct must lie between 0 and 1")
    frame[list(COLUMNS)].to_parquet(path, index=False, compression="zstd")


def read_items(path: Path) -> pd.DataFrame:
    """Read what `write_items` wrote; raises DataError if the file is anything else."""
    return read_columns(path, COLUMNS)

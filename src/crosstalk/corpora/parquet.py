"""Reading Parquet tables that are known by their columns.

Contents were checked when the table was written (`crosstalk.corpora.schemas`), and a run record
holds its digest, so readers need not wait seconds for the import of a schema library.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow
from pyarrow.parquet import read_schema

from crosstalk.errors import DataError

# What pandas and pyarrow raise of damaged files; OSError too, but then without a number.
_DAMAGE = (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError)


def read_columns(path: Path, columns: Sequence[str], *, others: bool = False) -> pd.DataFrame:
    """Read a Parquet file that must have just these columns, in this order.

    With ``others`` it may have more, which are left out.

    Raises
    ------
    DataError
        The file is damaged or not Parquet, or has other columns.

    """
    with _whole(path):
        table = pd.read_parquet(path)
    if others:
        table = table[[column for column in columns if column in table]]
    if list(table.columns) != list(columns):
        found = ", ".join(map(str, table.columns))
        raise DataError(f"{path} has columns {found}, not {', '.join(columns)}: make it again")
    return table


def column_names(path: Path) -> list[str]:
    """Names of a Parquet file's columns.

    Raises
    ------
    DataError
        The file is damaged or not Parquet.

    """
    with _whole(path):
        return read_schema(path).names


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        if getattr(error, "errno", None):
            raise
        problem = textwrap.shorten(str(error), 200)
        raise DataError(f"{path} is not a Parquet file ({problem}); delete it and run again") from (
            error
        )

"""Reading Parquet tables that are known by their columns.

Contents were checked when the table was written (`crosstalk.corpora.schemas`), and a run record
holds its digest, so readers need not wait seconds for the import of a schema library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow

from crosstalk.errors import DataError


def read_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a Parquet file that must have just these columns, in this order.

    Raises
    ------
    DataError
        The file is not Parquet, or has other columns.

    """
    try:
        table = pd.read_parquet(path)
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{path} is not a Parquet file ({error}); delete it and run again") from (
            error
        )
    if list(table.columns) != list(columns):
        found = ", ".join(map(str, table.columns))
        raise DataError(f"{path} has columns {found}, not {', '.join(columns)}: make it again")
    return table

"""What tables of text must hold, checked when they are written."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pandas as pd
import pandera.errors
import pandera.pandas as pa
import pyarrow
from pyarrow import parquet

from crosstalk.corpora.messages import COLUMNS as MESSAGE_COLUMNS
from crosstalk.errors import DataError
from crosstalk.params.splits import FOLDS
from crosstalk.text.dictionaries import COLUMNS as DICTIONARY_COLUMNS

SCHEMA_ERRORS = (pandera.errors.SchemaError, pandera.errors.SchemaErrors)
"""What pandera raises: the second of columns too many or of another type."""

MESSAGES = pa.DataFrameSchema(
    {
        "message_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "source": pa.Column(str, pa.Check.str_length(min_value=1)),
        "domain": pa.Column(str, pa.Check.str_length(min_value=1)),
        "language": pa.Column(str, pa.Check.str_matches(r"^[a-z]{2}$")),
        "text": pa.Column(str, pa.Check(lambda s: s.str.strip().str.len() > 0, name="not empty")),
        "fold": pa.Column("uint8", pa.Check.in_range(0, FOLDS - 1)),
    },
    unique=["message_id", "language"],
    checks=pa.Check(
        lambda table: table.groupby("message_id")["fold"].nunique().le(1).all(),
        name="one fold a message",
    ),
    strict=True,
    ordered=True,
)

_CODE = pa.Check.str_matches(r"^[a-z]{2}$")
_WORD = pa.Check.str_matches(r"^\S+$")
DICTIONARY = pa.DataFrameSchema(
    {
        "source_language": pa.Column(str, _CODE),
        "target_language": pa.Column(str, _CODE),
        "source_word": pa.Column(str, _WORD),
        "target_word": pa.Column(str, _WORD),
    },
    unique=list(DICTIONARY_COLUMNS),
    strict=True,
    ordered=True,
)

_PHARAOH = pa.Check.str_matches(r"^(\d+-\d+( \d+-\d+)*)?$")
GOLD_LINKS = pa.DataFrameSchema(
    {
        "verse": pa.Column(str, unique=True),
        "english": pa.Column(object, pa.Check(lambda s: s.map(len) > 0, name="not empty")),
        "foreign": pa.Column(object, pa.Check(lambda s: s.map(len) > 0, name="not empty")),
        "sure": pa.Column(str, _PHARAOH),
        "possible": pa.Column(str, _PHARAOH),
    },
    strict=True,
    ordered=True,
)
"""Words linked by hand: positions in ``english`` and ``foreign``; sure links are possible ones."""


def write_messages(table: pd.DataFrame, path: Path) -> None:
    """Write messages as Parquet; the same rows give the same bytes.

    Raises
    ------
    DataError
        The table does not fit `MESSAGES`.

    """
    write_checked(table[list(MESSAGE_COLUMNS)], MESSAGES, path)


def write_dictionary(table: pd.DataFrame, path: Path) -> None:
    """Write a dictionary as Parquet; the same rows give the same bytes.

    Raises
    ------
    DataError
        The table does not fit `DICTIONARY`.

    """
    write_checked(table[list(DICTIONARY_COLUMNS)], DICTIONARY, path)


def write_gold_links(table: pd.DataFrame, path: Path) -> None:
    """Write hand-made links as Parquet; the same rows give the same bytes.

    Raises
    ------
    DataError
        The table does not fit `GOLD_LINKS`.

    """
    write_checked(table, GOLD_LINKS, path)


def first_problem(error: Exception) -> str:
    """Say on one line of bounded length what a schema objects to (first)."""
    (first, *_) = getattr(error, "schema_errors", [error])
    return textwrap.shorten(str(first), 200)


def write_checked(table: pd.DataFrame, schema: pa.DataFrameSchema, path: Path) -> None:
    """Write a table as Parquet; the same rows give the same bytes.

    Raises
    ------
    DataError
        The table does not fit the schema.

    """
    try:
        checked = schema.validate(table)
    except SCHEMA_ERRORS as error:
        raise DataError(f"{path} does not fit its schema: {first_problem(error)}") from error
    arrow = pyarrow.Table.from_pandas(checked, preserve_index=False)
    # pandas' own metadata names its version, which would make bytes depend on it.
    parquet.write_table(arrow.replace_schema_metadata(None), path, compression="zstd")

"""The common description of text: one row a message and language, schema-checked Parquet."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pandera.errors
import pandera.pandas as pa
import pyarrow
from pyarrow import parquet

from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError
from crosstalk.params.splits import FOLDS


class Message(NamedTuple):
    """A message in one language.

    ``id`` is shared by all translations; ``reference`` is the English (or other shared) text that
    decides the fold.
    """

    id: str
    domain: str
    language: str
    text: str
    reference: str


SCHEMA = pa.DataFrameSchema(
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


def message_table(source: str, messages: Iterable[Message]) -> pd.DataFrame:
    """Build the table of a source, sorted by message and language.

    Of two rows of the same message and language, the first is kept.

    Raises
    ------
    DataError
        There is no message.

    """
    frame = pd.DataFrame(messages, columns=list(Message._fields))
    if frame.empty:
        raise DataError(f"{source} has no message in the languages asked for")
    references = frame["reference"].drop_duplicates()
    folds = dict(zip(references, map(fold_of, references), strict=True))
    table = pd.DataFrame(
        {
            "message_id": frame["id"],
            "source": source,
            "domain": frame["domain"],
            "language": frame["language"],
            "text": frame["text"],
            "fold": frame["reference"].map(folds).astype("uint8"),
        }
    )
    table = table.drop_duplicates(["message_id", "language"])
    return table.sort_values(["message_id", "language"], ignore_index=True)


def write_messages(table: pd.DataFrame, path: Path) -> None:
    """Write messages as Parquet; the same rows give the same bytes.

    Raises
    ------
    DataError
        The table does not fit `SCHEMA`.

    """
    write_checked(table, SCHEMA, path)


def read_messages(path: Path) -> pd.DataFrame:
    """Read what `write_messages` wrote.

    Raises
    ------
    DataError
        The file is not such a table.

    """
    return read_checked(SCHEMA, path)


def write_checked(table: pd.DataFrame, schema: pa.DataFrameSchema, path: Path) -> None:
    """Check a table against its schema and write it as zstd Parquet.

    Raises
    ------
    DataError
        The table does not fit the schema.

    """
    arrow = pyarrow.Table.from_pandas(_checked(table, schema, path), preserve_index=False)
    # pandas' own metadata names its version, which would make bytes depend on it.
    parquet.write_table(arrow.replace_schema_metadata(None), path, compression="zstd")


def read_checked(schema: pa.DataFrameSchema, path: Path) -> pd.DataFrame:
    """Read a Parquet file and check it.

    Raises
    ------
    DataError
        The file is not Parquet, or does not fit the schema.

    """
    try:
        table = pd.read_parquet(path)
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{path} is not a Parquet file ({error}); delete it and run again") from (
            error
        )
    return _checked(table, schema, path)


def _checked(table: pd.DataFrame, schema: pa.DataFrameSchema, path: Path) -> pd.DataFrame:
    try:
        return schema.validate(table)
    except pandera.errors.SchemaError as error:
        reason = textwrap.shorten(str(error), 200)
        raise DataError(f"{path} does not fit its schema: {reason}") from error

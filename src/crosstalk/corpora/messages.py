"""The common description of text: one row a message and language."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError


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


COLUMNS = ("message_id", "source", "domain", "language", "text", "fold")


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


def read_messages(path: Path) -> pd.DataFrame:
    """Read what `crosstalk.corpora.schemas.write_messages` wrote.

    Raises
    ------
    DataError
        The file is not such a table.

    """
    return read_columns(path, COLUMNS)

"""The King James Bible: one message a verse."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.corpora.tsl import unpack
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.bible import BibleParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "bible"

_DATA_FILE = re.compile(r"(?:^|/)bible\.data$")
_VERSE = re.compile(r"(?P<book>[1-3]?[A-Z][A-Za-z]*)(?P<verse>\d+:\d+) (?P<text>\S.*)")


def prepare_bible(*, cfg: BibleParams, archives: list[Input], messages: Output) -> None:
    """Write one English message a verse as Parquet; the domain is the book (stage).

    Raises
    ------
    DataError
        No archive holds the text, or it is damaged.
    ParameterError
        A book that is not in the archives.

    """
    files = [
        (f"{archive}: {name}", content)
        for archive in progress(archives, label="bible", unit="archive")
        for name, content in iter_files(archive, _DATA_FILE.search)
    ]
    if not files:
        raise DataError(
            f"no bible.data is in {', '.join(map(str, archives))}; check the registry's origins"
        )
    verses = [verse for name, content in files for verse in read_verses(name, content)]
    books = dict.fromkeys(verse.domain for verse in verses)
    for book in cfg.books:
        if book not in books:
            raise ParameterError(
                f"corpora.bible.books: {book!r} is not a book of the archive; "
                f"valid: {' '.join(books)}"
            )
    kept = [verse for verse in verses if not cfg.books or verse.domain in cfg.books]
    write_messages(message_table(SOURCE, kept), messages)


def read_verses(name: str, content: bytes) -> Iterator[Message]:
    """Yield the verses of a data file, whose first line is a title.

    Raises
    ------
    DataError
        The file is damaged; ``name`` says which.

    """
    try:
        text = unpack(content).decode("ascii")
    except (ValueError, struct.error) as error:
        raise DataError(
            f"{name} is damaged ({error}); delete the archive and run again to fetch it anew"
        ) from error
    _, *lines = text.splitlines()
    for number, line in enumerate(lines, start=2):
        match = _VERSE.fullmatch(line)
        if not match:
            raise DataError(f"{name}: line {number} is not a verse: {line[:40]!r}")
        book, verse, words = match.groups()
        yield Message(f"{SOURCE}/{book}{verse}", book, "en", words, words)

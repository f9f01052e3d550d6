"""Sentence pairs in Moses' layout: two text files of as many lines (Europarl v7, OPUS).

Europarl's ``xx-en.tgz`` holds ``europarl-v7.xx-en.xx`` and ``europarl-v7.xx-en.en``; OPUS's
``xx-yy.txt.zip`` the same under the name of its corpus, with a licence and a readme beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output

_FILE = re.compile(r"(?:.*/)?[^/]+\.(?P<pair>[a-z]{2}-[a-z]{2})\.(?P<language>[a-z]{2})")


def prepare_bitext(*, cfg: Part, source: str, archives: list[Input], messages: Output) -> None:
    """Write the pairs of one language with English as messages in the archive's order (stage).

    The fold is that of the English side. Pairs with an empty side are left out, as Europarl's own
    readme tells its users to do.

    Raises
    ------
    DataError
        The archive lacks a side, the sides differ in length, or one is not UTF-8.

    """
    found = _messages(cfg.language, source, archives)
    write_messages(message_table(source, found), messages)


def _messages(language: str, source: str, archives: list[Input]) -> Iterator[Message]:
    sides: dict[str, list[str]] = {}
    for archive in archives:
        for name, data in iter_files(archive, _FILE.fullmatch):
            match = _FILE.fullmatch(name)
            if set(match["pair"].split("-")) == {language, "en"}:
                sides[match["language"]] = _lines(name, data)
    if missing := sorted({language, "en"} - sides.keys()):
        raise DataError(f"the archives of {source} hold no {missing[0]} side of {language}-en")
    foreign, english = sides[language], sides["en"]
    if len(foreign) != len(english):
        raise DataError(
            f"{source} {language}-en has {len(foreign)} and {len(english)} lines: fetch it again"
        )
    for number, (theirs, ours) in enumerate(zip(foreign, english, strict=True)):
        if theirs and ours:
            identity = f"{language}-en/{number:08d}"
            yield Message(identity, source, language, theirs, ours)
            yield Message(identity, source, "en", ours, ours)


def _lines(name: str, data: bytes) -> list[str]:
    """Lines as the other side counts them: only line feeds end one (U+2028 and others do not)."""
    try:
        return [line.strip() for line in data.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 ({error}): fetch its archive again") from error

"""The Quran and its translations, verse by verse, from the JSON files of quran-json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.quran import QuranParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "quran"
ORIGINAL = "ar"

# dist/chapters/2.json is the original, dist/chapters/en/2.json its translation into English.
_CHAPTER = re.compile(r"(?:^|/)dist/chapters/(?:(?P<language>[a-z]{2})/)?\d+\.json$")


def prepare_quran(*, cfg: QuranParams, archives: list[Input], messages: Output) -> None:
    """Write one message a verse and language as Parquet; the domain is the chapter (stage).

    Raises
    ------
    DataError
        No archive holds a chapter, a chapter is broken, or a verse has no English text, which
        decides its fold.
    ParameterError
        A language that is not in the archives.

    """
    verses: dict[str, dict[str, tuple[str, str]]] = {}
    for archive in progress(archives, label="quran", unit="archive"):
        for name, content in iter_files(archive, _CHAPTER.search):
            language = _CHAPTER.search(name)["language"] or ORIGINAL
            rows = verses.setdefault(language, {})
            for identity, domain, text in read_chapter(f"{archive}: {name}", content, language):
                rows[identity] = (domain, text)
    if "en" not in verses:
        raise DataError(f"no English chapter is in {', '.join(map(str, archives))}")
    for language in cfg.languages:
        if language not in verses:
            raise ParameterError(
                f"corpora.quran.languages: {language!r} is not in the archives; "
                f"valid: {' '.join(sorted(verses))}"
            )
    write_messages(message_table(SOURCE, _messages(verses, cfg.languages)), messages)


def read_chapter(name: str, content: bytes, language: str) -> Iterator[tuple[str, str, str]]:
    """Yield (message id, domain, text) of each verse; the domain is the chapter's Latin name.

    Raises
    ------
    DataError
        The file is not a chapter in ``language``; ``name`` says which.

    """
    field = "text" if language == ORIGINAL else "translation"
    try:
        chapter = json.loads(content)
        for verse in chapter["verses"]:
            text = " ".join(verse[field].split())
            if text:
                yield f"{SOURCE}/{chapter['id']}:{verse['id']}", chapter["transliteration"], text
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{name} is not a chapter of the Quran: {error!r}") from error


def _messages(
    verses: dict[str, dict[str, tuple[str, str]]], languages: tuple[str, ...]
) -> Iterator[Message]:
    english = verses["en"]
    for language in languages:
        for identity, (domain, text) in verses[language].items():
            if identity not in english:
                raise DataError(f"{identity} has no English text, which decides its fold")
            yield Message(identity, domain, language, text, english[identity][1])

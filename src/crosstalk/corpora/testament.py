"""The Greek New Testament and an English one, their words linked by hand, to test aligners on.

SBLGNT and the Berean Standard Bible, from the package bible-alignments of Clear Bible. The Greek is
that of the first century, not the Greek of `crosstalk.corpora.catalogues`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pandas as pd

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.schemas import write_gold_links
from crosstalk.errors import DataError
from crosstalk.stage import Input, Output
from crosstalk.text.links import format_pharaoh

GREEK = "data/sources/SBLGNT.tsv"
ENGLISH = "data/eng/targets/BSB/nt_BSB.tsv"
LINKS = "data/eng/alignments/BSB/SBLGNT-BSB-manual.json"

type Verses = dict[str, dict[str, str]]
"""Words by identifier, in order, by verse."""

_VERSE = re.compile(r"n?(\d{8})\d{3}")


def prepare_testament(*, archives: list[Input], links: Output) -> None:
    """Write one row a verse as Parquet, ``verse, english, foreign, sure, possible`` (stage).

    Links are ``english-foreign`` positions in Pharaoh's form. A record of one Greek and one English
    word is a sure link; a record of more words makes each of its pairs possible (the distinction
    of Och and Ney 2003, which the annotators did not make themselves). English punctuation, which
    they left aside, is left out, and so are the few records that join two verses.

    Raises
    ------
    DataError
        A file is missing or damaged.

    """
    files = {name: content for path in archives for name, content in iter_files(path, _wanted)}
    if missing := [name for name in (GREEK, ENGLISH, LINKS) if name not in files]:
        raise DataError(f"no archive of the testament holds {missing[0]}: fetch it again")
    greek = read_words(GREEK, files[GREEK])
    english = read_words(ENGLISH, files[ENGLISH])
    rows = list(linked_verses(greek, english, read_records(files[LINKS])))
    write_gold_links(pd.DataFrame(rows), links)


def read_words(name: str, content: bytes) -> Verses:
    """Read a table of words; those marked ``exclude`` are left out.

    Raises
    ------
    DataError
        It is no such table.

    """
    verses: Verses = defaultdict(dict)
    reader = csv.DictReader(io.StringIO(content.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        for row in reader:
            if row.get("exclude") != "y":
                verses[row.get("source_verse") or _verse(row["id"])][row["id"]] = row["text"]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{name}: line {reader.line_num} is not a word: {error!r}") from error
    return dict(verses)


def read_records(content: bytes) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the identifiers of the Greek and English words of each record.

    Raises
    ------
    DataError
        It is no such file.

    """
    try:
        for record in json.loads(content)["records"]:
            yield record["source"], record["target"]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{LINKS} is not a file of alignments: {error!r}") from error


def linked_verses(
    greek: Verses, english: Verses, records: Iterator[tuple[list[str], list[str]]]
) -> Iterator[dict[str, object]]:
    """Yield the rows of the verses that both sides have."""
    verse_of = {word: verse for verse, words in english.items() for word in words}
    found: dict[str, list[tuple[list[str], list[str]]]] = defaultdict(list)
    for source, target in records:
        kept = [word for word in target if word in verse_of]
        verses = {_verse(word) for word in source} | {verse_of[word] for word in kept}
        if source and kept and len(verses) == 1:
            found[verses.pop()].append((source, kept))
    for verse in sorted(greek.keys() & english.keys()):
        here, there = _places(english[verse]), _places(greek[verse])
        groups = [
            [(here[e], there[f]) for e in target for f in source if f in there]
            for source, target in found[verse]
        ]
        yield {
            "verse": verse,
            "english": list(english[verse].values()),
            "foreign": list(greek[verse].values()),
            "sure": format_pharaoh({pair for group in groups if len(group) == 1 for pair in group}),
            "possible": format_pharaoh({pair for group in groups for pair in group}),
        }


def _wanted(name: str) -> bool:
    return name in (GREEK, ENGLISH, LINKS)


def _verse(word: str) -> str:
    match = _VERSE.fullmatch(word)
    if not match:
        raise ValueError(f"{word!r} does not name a word")
    return match[1]


def _places(words: Mapping[str, str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(words)}

"""What counts as a right answer: translations and synonyms from bilingual dictionaries."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow
from pyarrow import parquet

from crosstalk.errors import DataError

COLUMNS = ("source_language", "target_language", "source_word", "target_word")
PIVOT = "en"

type Pairs = list[tuple[str, str, str, str]]
"""Rows of `COLUMNS`."""
type Dictionary = dict[str, set[str]]


def read_pairs(path: Path) -> Pairs:
    """Read what `crosstalk.corpora.schemas.write_dictionary` wrote.

    Raises
    ------
    DataError
        The file is not such a table.

    """
    try:
        table = parquet.read_table(path, columns=list(COLUMNS))
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    except (pyarrow.ArrowInvalid, ValueError) as error:
        raise DataError(f"{path} is not a dictionary ({error}); delete it and run again") from error


def translations(pairs: Pairs, source: str, target: str) -> Dictionary:
    """Return the translations of every word.

    Entries of both directions count (a dictionary lists few inflected forms, the other direction
    adds some). Two languages without a dictionary of their own are joined through English.

    Parameters
    ----------
    pairs
        What `read_pairs` read.
    source, target
        ISO 639-1 codes of two languages.

    """
    found = _direct(pairs, source, target)
    if found or PIVOT in (source, target):
        return found
    there, onwards = _direct(pairs, source, PIVOT), _direct(pairs, PIVOT, target)
    joined = {word: _through(words, onwards) for word, words in there.items()}
    return {word: words for word, words in joined.items() if words}


def synonyms(pairs: Pairs, language: str) -> Dictionary:
    """Return the synonyms of every word that has any: back-translations through other languages.

    Chung et al. 2018, section 4.3: a word's translations into another language, translated back,
    united over all other languages that the dictionaries join it with. The word itself is not
    among its synonyms.
    """
    others = {code for here, there, _, _ in pairs for code in (here, there)} - {language}
    found: Dictionary = defaultdict(set)
    for other in sorted(others):
        back = _direct(pairs, other, language)
        for word, words in _direct(pairs, language, other).items():
            found[word] |= _through(words, back) - {word}
    return {word: words for word, words in found.items() if words}


def right_words(pairs: Pairs, source: str, target: str, words: Iterable[str]) -> Dictionary:
    """Return what each word should be mapped to: itself, or its translations."""
    return {w: {w} for w in words} if source == target else translations(pairs, source, target)


def held_out(word: str, percent: int) -> bool:
    """Tell whether a word is kept from every map, to be asked for: a property of its spelling."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()) % 100 < percent


def _direct(pairs: Pairs, source: str, target: str) -> Dictionary:
    found: Dictionary = defaultdict(set)
    for here, there, word, translation in pairs:
        if (here, there) == (source, target):
            found[word].add(translation)
        elif (there, here) == (source, target):
            found[translation].add(word)
    return dict(found)


def _through(words: set[str], onwards: Dictionary) -> set[str]:
    return set().union(*(onwards.get(word, set()) for word in words))

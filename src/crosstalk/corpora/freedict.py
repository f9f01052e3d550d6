"""FreeDict dictionaries in dictd's format: pairs of single words from entries written for readers.

An entry is a headword with its pronunciation and grammar on one line, then one line a sense:
``cheval /ʃəval/ <n, masc>``, ``1. horse``, ``2. knight <n> [chess]``. Examples, notes, synonyms and
references follow on lines that are indented or start with a label.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits

import pandas as pd

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.schemas import write_dictionary
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.freedict import FreedictParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import COLUMNS
from crosstalk.text.tokens import tokenize

_ISO_639_1 = {"deu": "de", "eng": "en", "fra": "fr"}
_FILE = re.compile(
    r"(?:^|/)(?:freedict-)?(?P<source>[a-z]{3})-(?P<target>[a-z]{3})\.(?P<part>dict\.dz|index)$"
)
_DIGITS = {c: n for n, c in enumerate(f"{ascii_uppercase}{ascii_lowercase}{digits}+/")}
_SENSE = re.compile(r" ?(?![ \"]|\w+: )(?:\d+\. *)?(?P<translations>.+)")
_HEADWORD_END = re.compile(r"\s[/<(\[]")
# Grammar with an abbreviation stuck to it (`road <n>Rd`); field, region, remark and reference;
# pronunciation.
_MARKUP = re.compile(r"<[^>]*>[^\s,;]*|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|(?:^|(?<=\s))/[^/]*/")


def prepare_freedict(*, cfg: FreedictParams, archives: list[Input], dictionary: Output) -> None:
    """Write pairs of single words, sorted and unique, as Parquet (stage).

    Words are as `crosstalk.text.tokens.tokenize` gives them, so that they match those of texts:
    lower case, but unlike casefolded words with ß and final ς kept.

    Raises
    ------
    DataError
        A dictionary lacks its text or its index, or they are damaged.
    ParameterError
        A pair that is not in the archives.

    """
    parts: dict[str, dict[str, bytes]] = {}
    for archive in archives:
        for name, content in iter_files(archive, _FILE.search):
            match = _FILE.search(name)
            pair = "-".join(
                _ISO_639_1.get(match[side], match[side]) for side in ("source", "target")
            )
            parts.setdefault(pair, {})[match["part"]] = content
    for pair in cfg.pairs:
        if pair not in parts:
            raise ParameterError(
                f"corpora.freedict.pairs: {pair!r} is not in the archives; "
                f"valid: {' '.join(sorted(parts))}"
            )
    rows: set[tuple[str, str, str, str]] = set()
    for pair in progress(cfg.pairs, label="freedict", unit="pair"):
        source, target = pair.split("-")
        for entry in read_entries(pair, parts[pair]):
            rows.update((source, target, *words) for words in parse_entry(entry, source, target))
    if not rows:
        raise DataError(f"{' '.join(cfg.pairs)}: no entry translates a single word")
    write_dictionary(pd.DataFrame(sorted(rows), columns=list(COLUMNS)), dictionary)


def read_entries(name: str, parts: dict[str, bytes]) -> Iterator[str]:
    """Yield the entries of a dictionary that may be single words.

    Headwords of several words, which are half of a dictionary, are told from the index.

    ``parts`` holds the files ``index`` (headword, offset and length in base 64 a line) and
    ``dict.dz`` (the entries, gzipped).

    Raises
    ------
    DataError
        A part is missing or damaged.

    """
    missing = sorted({"dict.dz", "index"} - parts.keys())
    if missing:
        raise DataError(f"dictionary {name} has no {missing[0]}")
    try:
        text = gzip.decompress(parts["dict.dz"])
        for line in parts["index"].decode().removesuffix("\n").split("\n"):
            headword, start, length = line.split("\t")
            if " " not in headword and not headword.startswith("00database"):
                yield _slice(text, _number(start), _number(length)).decode()
    except (EOFError, KeyError, OSError, ValueError, zlib.error) as error:
        raise DataError(
            f"dictionary {name} is damaged ({error}); delete its archive and run again"
        ) from error


def parse_entry(entry: str, source: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield (source word, target word) of an entry whose headword is one word."""
    first, *lines = entry.splitlines()
    word = single_word(_HEADWORD_END.split(first, maxsplit=1)[0].strip(), source)
    if word is None:
        return
    for line in lines:
        match = _SENSE.fullmatch(line)
        if match:
            for part in re.split("[,;]", _MARKUP.sub("", match["translations"])):
                translation = single_word(part.strip(), target)
                if translation is not None:
                    yield word, translation


@cache
def single_word(text: str, language: str) -> str | None:
    """Return the text as one word, or None if it is more, less or other than a word."""
    if not text or " " in text:
        return None
    words = tokenize(text, language)
    return words[0] if len(words) == 1 and len(words[0]) == len(text) else None


def _slice(text: bytes, start: int, length: int) -> bytes:
    if start + length > len(text):
        raise ValueError("an entry lies beyond the end of the text")
    return text[start : start + length]


def _number(base64: str) -> int:
    value = 0
    for character in base64:
        value = value * 64 + _DIGITS[character]
    return value

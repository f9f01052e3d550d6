"""MUSE's bilingual dictionaries: a pair of words a line, for 110 pairs of languages."""

from __future__ import annotations

import re

import pandas as pd

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.schemas import write_dictionary
from crosstalk.errors import DataError
from crosstalk.params.freedict import FreedictParams
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import COLUMNS

# The whole dictionary of a pair; `xx-yy.0-5000.txt` and others are parts of it.
_FILE = re.compile(r"(?:.*/)?(?P<pair>[a-z]{2}-[a-z]{2})\.txt")


def prepare_muse(*, cfg: FreedictParams, archives: list[Input], dictionary: Output) -> None:
    """Write the word pairs of ``cfg.pairs``, sorted and unique (stage).

    Words stay as MUSE spells them, in lower case, and are those of texts as
    `crosstalk.text.tokens` splits them.

    Raises
    ------
    DataError
        A pair is not in the archives, or a line is not two words.

    """
    rows: set[tuple[str, str, str, str]] = set()
    found: set[str] = set()
    for archive in archives:
        for name, data in iter_files(archive, _FILE.fullmatch):
            pair = _FILE.fullmatch(name)["pair"]
            if pair in cfg.pairs:
                found.add(pair)
                rows.update((*pair.split("-"), *words) for words in _words(name, data))
    if missing := sorted(set(cfg.pairs) - found):
        raise DataError(f"the dictionaries of MUSE lack {' '.join(missing)}: name other pairs")
    write_dictionary(pd.DataFrame(sorted(rows), columns=list(COLUMNS)), dictionary)


def _words(name: str, data: bytes) -> list[list[str]]:
    try:
        lines = [line.lower().split() for line in data.decode().split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 ({error}): fetch its archive again") from error
    wrong = next((number for number, line in enumerate(lines, 1) if len(line) != 2), None)
    if wrong is not None:
        raise DataError(f"{name}: line {wrong} is not two words: fetch its archive again")
    return lines

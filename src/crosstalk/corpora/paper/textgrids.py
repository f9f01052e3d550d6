"""Word times from TextGrids, as the Montreal Forced Aligner writes them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lhotse.supervision import AlignmentItem

from crosstalk.errors import DataError
from crosstalk.text.tokens import tokenize

UNSPOKEN = frozenset({"", "sil", "sp", "spn", "<eps>", "<unk>", "<sil>"})
"""Marks of silence, noise, and words outside the aligner's dictionary."""

# Praat reads of a text file only what stands free: numbers and quoted strings. So the long form
# (`xmin = 0.5`) and the short form (`0.5`) are one.
_FREE = re.compile(r'"((?:[^"]|"")*)"|(?<!\S)(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)(?!\S)')

type Words = list[AlignmentItem]


def read_words(name: str, data: bytes, language: str) -> Words:
    """Words of the tier ``words`` (or ``<speaker> - words``), in seconds from the start.

    Symbols are as `crosstalk.text.tokens.tokenize` gives them. What is not just one of its words,
    such as a number, has no symbol that texts would share and is left out.

    Raises
    ------
    DataError
        The file is no TextGrid, or has no such tier.

    """
    try:
        tiers = dict(_tiers(iter(_FREE.findall(_decode(data)))))
    except (ValueError, StopIteration, RuntimeError) as error:
        raise DataError(f"{name} is not a TextGrid ({error}): align it again") from error
    found = next((tiers[tier] for tier in tiers if re.fullmatch(r"(.* - )?words", tier)), None)
    if found is None:
        raise DataError(f"{name} has no tier of words: align it again")
    items = []
    for start, end, text in found:
        said = [] if text.lower() in UNSPOKEN else tokenize(text, language)
        if len(said) == 1:
            items.append(AlignmentItem(said[0], start, round(end - start, 7)))
    return items


def textgrids_in(place: Path) -> Callable[[str], tuple[str, bytes] | None]:
    """Look up TextGrids by the name of their utterance, in a zip or a folder and below.

    The result gives a file's name and bytes, or None where there is no such utterance: an aligner
    gives up on some.
    """
    if place.is_dir():
        files = {path.stem: path for path in place.rglob("*.TextGrid")}
        return lambda utterance: (
            (str(files[utterance]), files[utterance].read_bytes()) if utterance in files else None
        )
    try:
        archive = zipfile.ZipFile(place)
    except zipfile.BadZipFile as error:
        raise DataError(f"{place} is not a complete archive; delete it and run again") from error
    names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".TextGrid")}
    return lambda utterance: (
        (names[utterance], archive.read(names[utterance])) if utterance in names else None
    )


def _decode(data: bytes) -> str:
    """Praat writes UTF-16 where ASCII does not suffice, everyone else UTF-8."""
    return data.decode("utf-16" if data[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8-sig")


def _tiers(free: Iterator[tuple[str, str]]) -> Iterator[tuple[str, list[tuple[float, float, str]]]]:
    """Name and intervals of each tier, from what stands free in the file."""
    kind, form = next(free)[0], next(free)[0]
    if (kind, form) != ("ooTextFile", "TextGrid"):
        raise ValueError("it starts otherwise")
    _, _, tiers = (_number(free) for _ in range(3))
    for _ in range(int(tiers)):
        form, name = next(free)[0], next(free)[0].replace('""', '"')
        _, _, size = (_number(free) for _ in range(3))
        columns = 2 if form == "IntervalTier" else 1
        marks = []
        for _ in range(int(size)):
            times = [_number(free) for _ in range(columns)]
            marks.append((times[0], times[-1], next(free)[0].replace('""', '"')))
        yield name, marks


def _number(free: Iterator[tuple[str, str]]) -> float:
    return float(next(free)[1])

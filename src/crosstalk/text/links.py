"""Links between the words of two sentences, in Pharaoh's form: ``0-0 1-2``, positions from 0."""

from __future__ import annotations

from collections.abc import Iterable

from crosstalk.errors import DataError

GOLD_LINKS = ("verse", "english", "foreign", "sure", "possible")
"""Columns of words linked by hand: two lists of words, and links in Pharaoh's form."""

type Links = set[tuple[int, int]]


def parse_pharaoh(text: str) -> Links:
    """Read links; raises DataError if the text is not of the form."""
    try:
        return {(int(a), int(b)) for a, b in (link.split("-") for link in text.split())}
    except ValueError as error:
        raise DataError(f"{text!r} is not a list of links such as 0-0 1-2") from error


def format_pharaoh(links: Iterable[tuple[int, int]]) -> str:
    """Write links in order."""
    return " ".join(f"{one}-{other}" for one, other in sorted(links))

"""Program catalogues for the smoke scale: commands put together from a few words a program.

A command is a verb and two joined nouns, ``delete folder and message``, and its translation the
same word for word (in German with the verb at the end, as interfaces have it). So every word's
true link is known, and the nouns say which program speaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

import polib

from crosstalk.digest import digest

type Row = Mapping[str, str]

PROGRAMS = {
    "evolution-common.archive": ("evolution",),
    "gimp-data.archive": ("gimp",),
    "gnucash-common.archive": ("gnucash",),
    "inkscape.archive": ("inkscape",),
}
MODULES = ("libreoffice-sc", "libreoffice-sw")
LANGUAGES = ("bg", "de", "el", "es", "fr")
OFFICE = {f"libreoffice-l10n-{language}.archive": language for language in LANGUAGES}
CATALOGUES = (*PROGRAMS, *OFFICE)
"""Archives that can be built."""
COMMANDS = 80
"""Of each program."""
FILES = {"gimp": "gimp20"}
"""Text domains that are not called as the program."""


def catalogue_files(rows: Sequence[Row], archive: str) -> Iterator[tuple[str, bytes]]:
    """Yield the catalogues of an archive, as ``(path, content)``.

    ``rows`` have a column a language; their key is ``verb``, ``link`` or the program whose noun
    they are.
    """
    if archive in OFFICE:
        language = OFFICE[archive]
        root = f"usr/lib/libreoffice/program/resource/{language}/LC_MESSAGES"
        for program in MODULES:
            name = program.removeprefix("libreoffice-")
            yield f"{root}/{name}.mo", _catalogue(commands(rows, program), language)
        return
    for program, language in product(PROGRAMS[archive], LANGUAGES):
        path = f"usr/share/locale/{language}/LC_MESSAGES/{FILES.get(program, program)}.mo"
        yield path, _catalogue(commands(rows, program), language)


def commands(rows: Sequence[Row], program: str) -> list[tuple[Row, Row, Row, Row]]:
    """Return verb, noun, link and noun of each command of a program, in a fixed random order."""
    verbs, links, nouns = (
        [row for row in rows if row["key"] == key] for key in ("verb", "link", program)
    )
    found = [
        (verb, one, link, other)
        for verb, link, (one, other) in product(verbs, links, combinations(nouns, 2))
    ]
    return sorted(found, key=lambda words: digest([word["en"] for word in words]))[:COMMANDS]


def _catalogue(found: Sequence[tuple[Row, Row, Row, Row]], language: str) -> bytes:
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for words in found:
        english, other = (_say(words, code) for code in ("en", language))
        catalogue.append(polib.POEntry(msgid=english, msgstr=other))
    return catalogue.to_binary()


def _say(words: tuple[Row, Row, Row, Row], language: str) -> str:
    verb, *rest = (word[language] for word in words)
    text = " ".join([*rest, verb] if language == "de" else [verb, *rest])
    return text[0].upper() + text[1:]

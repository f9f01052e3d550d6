"""Interfaces of five free programs in the six languages of Cao et al. 2020, from gettext."""

from __future__ import annotations

import re
from functools import lru_cache

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.gettext_files import parse_entries, read_catalogue
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.catalogues import TRANSLATED, CataloguesParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text import gettext
from crosstalk.text.tokens import tokenize

SOURCE = "catalogues"

_CATALOGUE = re.compile(
    r"(?:^|/)(?:libreoffice/program/resource/(?P<office_locale>[^/]+)/LC_MESSAGES/(?P<module>[a-z]+)"
    r"|share/locale/(?P<locale>[^/]+)/LC_MESSAGES/(?P<program>evolution|gimp|gnucash|inkscape)[\w-]*)"
    r"\.mo$"
)
# Names that LibreOffice fills in, `%PRODUCTNAME`, and its older mark of keyboard shortcuts.
_OFFICE = ((re.compile(r"%PRODUCTNAME"), "LibreOffice"), (re.compile(r"~(?=\w)"), ""))
# Signs of code and addresses, those that the script handed out with Cao et al. 2020 leaves out; and
# of placeholders and markup that cleaning did not know.
_CODE = re.compile("|".join([r"[\\=#\u00ad]|http|&[lg]t;", r"[<>{}|$%~_@^]"]))


def prepare_catalogues(*, cfg: CataloguesParams, archives: list[Input], messages: Output) -> None:
    """Write the messages of all programs as Parquet; the domain is the program (stage).

    LibreOffice's modules are programs of their own: ``libreoffice-sc`` is its spreadsheet. Kept
    are messages of ``min_words`` to ``max_words`` English words without signs of code; English
    ones as far as at least one of the chosen languages translates them.

    Raises
    ------
    DataError
        A catalogue is broken.
    ParameterError
        No archive holds a catalogue of a language asked for.

    """
    translated = [code for code in cfg.languages if code != "en"] or list(TRANSLATED)
    found: list[Message] = []
    seen: set[str] = set()
    for archive in progress(archives, label="catalogues", unit="archive"):
        for name, content in iter_files(archive, _CATALOGUE.search):
            language, domain = parse_name(name)
            seen.add(language)
            if language in translated:
                found += parse_entries(
                    read_catalogue(name, content),
                    source=SOURCE,
                    domain=domain,
                    language=language,
                    clean=clean,
                )
    if missing := [code for code in translated if code not in seen]:
        present = sorted(seen & set(TRANSLATED))
        raise ParameterError(
            f"corpora.catalogues.languages: the archives hold no catalogue in {' '.join(missing)}; "
            f"valid: en {' '.join(present)}"
        )
    kept = [
        message
        for message in found
        if message.language in cfg.languages
        and cfg.min_words <= _words(message.reference) <= cfg.max_words
    ]
    write_messages(message_table(SOURCE, kept), messages)


def parse_name(name: str) -> tuple[str, str]:
    """Return (locale, program) of a catalogue's path.

    Raises
    ------
    DataError
        The path is not one of such a catalogue.

    """
    match = _CATALOGUE.search(name)
    if not match:
        raise DataError(f"{name} is not a catalogue of a known program")
    if match["module"]:
        return match["office_locale"], f"libreoffice-{match['module']}"
    return match["locale"], match["program"]


@lru_cache(maxsize=1 << 17)
def clean(message: str) -> str:
    """Return the message as plain text; empty if it holds code, or no word is left of it."""
    if message.count("_") > 1:  # one marks a keyboard shortcut, more join the words of a name
        return ""
    for pattern, replacement in _OFFICE:
        message = pattern.sub(replacement, message)
    text = gettext.clean(message, accelerator="_")
    return "" if _CODE.search(text) else text


@lru_cache(maxsize=1 << 16)
def _words(english: str) -> int:
    return len(tokenize(english, "en"))

"""Battle for Wesnoth: 17,800 English game messages and their translations, from gettext."""

from __future__ import annotations

import re
from functools import lru_cache

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.gettext_files import parse_entries, read_catalogue
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.wesnoth import LOCALES, WesnothParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text import gettext

SOURCE = "wesnoth"

# A package holds locale/de/LC_MESSAGES/wesnoth-utbs.mo, a source release po/wesnoth-utbs/de.po.
_CATALOGUE = re.compile(
    r"(?:^|/)(?:locale/(?P<mo>[^/]+)/LC_MESSAGES/(?P<mo_domain>wesnoth[\w-]*)\.mo"
    r"|po/(?P<po_domain>wesnoth[\w-]*)/(?P<po>[^/]+)\.po)$"
)


def prepare_wesnoth(*, cfg: WesnothParams, archives: list[Input], messages: Output) -> None:
    """Write the messages of all catalogues in ``archives`` as Parquet (stage).

    Domain is the text domain, which is the campaign or the part of the program. English messages
    are those that at least one of the chosen languages translates (any, if none is chosen).

    Raises
    ------
    DataError
        A catalogue is broken.
    ParameterError
        No archive holds a catalogue of a language asked for.

    """
    translated = [code for code in cfg.languages if code != "en"]
    languages = {LOCALES[code]: code for code in translated or LOCALES}
    found: list[Message] = []
    seen: set[str] = set()
    for archive in progress(archives, label="wesnoth", unit="archive"):
        for name, content in iter_files(archive, _CATALOGUE.search):
            locale, domain = parse_name(name)
            seen.add(locale)
            if locale in languages:
                found += parse_entries(
                    read_catalogue(name, content),
                    source=SOURCE,
                    domain=domain,
                    language=languages[locale],
                    clean=_clean,
                )
    if missing := [code for code in translated if LOCALES[code] not in seen]:
        present = sorted(code for code, locale in LOCALES.items() if locale in seen)
        raise ParameterError(
            f"corpora.wesnoth.languages: the archives hold no catalogue in {' '.join(missing)}; "
            f"valid: en {' '.join(present)}"
        )
    chosen = [message for message in found if message.language in cfg.languages]
    write_messages(message_table(SOURCE, chosen), messages)


def parse_name(name: str) -> tuple[str, str]:
    """Return (locale, text domain) of a catalogue's path.

    Raises
    ------
    DataError
        The path is not one of a Wesnoth catalogue.

    """
    match = _CATALOGUE.search(name)
    if not match:
        raise DataError(f"{name} is not a Wesnoth catalogue")
    return match["mo"] or match["po"], match["mo_domain"] or match["po_domain"]


@lru_cache(maxsize=1 << 16)
def _clean(message: str) -> str:
    """Every language's catalogue repeats the English messages."""
    return gettext.clean(message)

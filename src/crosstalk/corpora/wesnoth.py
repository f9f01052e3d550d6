"""Battle for Wesnoth: 17,800 English game messages and their translations, from gettext."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache

import polib

from crosstalk.corpora.archive import iter_files
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
                entries = read_catalogue(name, content)
                found += parse_entries(entries, domain, languages[locale])
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


def read_catalogue(name: str, content: bytes) -> list[polib.POEntry]:
    """Read the usable entries of a ``.mo`` or ``.po`` file: neither obsolete nor fuzzy.

    Raises
    ------
    DataError
        The catalogue is broken.

    """
    try:
        if name.endswith(".po"):
            return polib.pofile(content.decode()).translated_entries()
        with tempfile.NamedTemporaryFile(suffix=".mo") as file:  # polib reads .mo by name only
            file.write(content)
            file.flush()
            return polib.mofile(file.name).translated_entries()
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{name} is not a readable gettext catalogue: {error}") from error


def parse_entries(
    entries: Iterable[polib.POEntry], domain: str, language: str
) -> Iterator[Message]:
    """Yield each message in English and, where it is translated, in ``language``.

    A plural message is its English plural with the translation's last form, which is the one for
    many in every language here.
    """
    for entry in entries:
        source = entry.msgid_plural or entry.msgid
        forms = entry.msgstr_plural
        target = forms[max(forms)] if forms else entry.msgstr
        english, translation = _clean_english(source), gettext.clean(target)
        if not english:
            continue
        # The untouched msgid, with its context: `female^I see.` and `I see.` are two messages.
        key = f"{entry.msgctxt or ''}\0{entry.msgid}".encode()
        identity = f"{SOURCE}/{domain}/{hashlib.sha256(key).hexdigest()[:16]}"
        yield Message(identity, domain, "en", english, english)
        if translation and translation != english:
            yield Message(identity, domain, language, translation, english)


@lru_cache(maxsize=1 << 15)
def _clean_english(message: str) -> str:
    """Every language's catalogue repeats the English messages."""
    return gettext.clean(message)

"""Gettext catalogues as messages: what sources that translate programs share."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator

import polib

from crosstalk.corpora.messages import Message
from crosstalk.errors import DataError


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
    entries: Iterable[polib.POEntry],
    *,
    source: str,
    domain: str,
    language: str,
    clean: Callable[[str], str],
) -> Iterator[Message]:
    """Yield each message in English and, where it is translated, in ``language``.

    A plural message is its English plural with the translation's last form, which is the one for
    many in every language here. ``clean`` turns a message into plain text, empty if nothing is
    left of it.
    """
    for entry in entries:
        english = clean(entry.msgid_plural or entry.msgid)
        if not english:
            continue
        forms = entry.msgstr_plural
        translation = clean(forms[max(forms)] if forms else entry.msgstr)
        # The untouched msgid, with its context: `female^I see.` and `I see.` are two messages.
        key = f"{entry.msgctxt or ''}\0{entry.msgid}".encode()
        identity = f"{source}/{domain}/{hashlib.sha256(key).hexdigest()[:16]}"
        yield Message(identity, domain, "en", english, english)
        if translation and translation != english:
            yield Message(identity, domain, language, translation, english)

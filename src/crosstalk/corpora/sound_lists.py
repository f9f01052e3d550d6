"""Lists of sounds as KDE's games for children have them: one file a language, name by name.

``<language code="es"> … <sound name="BA" file="es/syllab/ba.ogg"/>``; the paths are below the
folder that holds the recordings of all languages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from crosstalk.corpora.archive import iter_files
from crosstalk.errors import DataError
from crosstalk.progress import progress


class Sound(NamedTuple):
    """One entry: ``name`` is what is said or shown, ``file`` where the recording lies."""

    name: str
    file: str


@dataclass
class SoundLists:
    """What an archive holds: lists by the code of their language, encoded recordings by path."""

    lists: dict[str, list[Sound]] = field(default_factory=dict)
    recordings: dict[str, bytes] = field(default_factory=dict)

    def recorded(self, code: str) -> list[Sound]:
        """Entries whose recording is there; of several with one recording, the first."""
        by_file = {sound.file: sound for sound in reversed(self.lists.get(code, []))}
        return [by_file[file] for file in sorted(by_file) if file in self.recordings]


def read_sound_lists(
    archives: list[Path], *, root: str, is_list: Callable[[str], bool], codes: tuple[str, ...]
) -> SoundLists:
    """Read the lists and recordings of ``codes`` from below the folder ``root`` of the archives.

    Raises
    ------
    DataError
        An archive or list is damaged, or a language has no recording.

    """
    found = SoundLists()
    folders = tuple(f"{root}/{code}/" for code in codes)
    for archive in archives:
        files = iter_files(
            archive,
            lambda name: (
                (name.startswith(f"{root}/") and is_list(name)) or name.startswith(folders)
            ),
        )
        for name, data in progress(files, label=archive.name, unit="file"):
            if is_list(name):
                code, sounds = parse_sounds(name, data)
                found.lists.setdefault(code, sounds)
            else:
                found.recordings.setdefault(name.removeprefix(f"{root}/"), data)
    for code in codes:
        if not found.recorded(code):
            raise DataError(
                f"{archives[0]} and its like hold no recording in {code!r}; take it from the "
                f"languages of the corpus (lists: {' '.join(sorted(found.lists)) or 'none'})"
            )
    return found


def parse_sounds(name: str, data: bytes) -> tuple[str, list[Sound]]:
    """Return the code of the language and its entries in order.

    Raises
    ------
    DataError
        The list is no such XML.

    """
    try:
        # Untrusted input it is not: the archive is pinned by its checksum.
        tree = ElementTree.fromstring(data.decode("utf-8-sig").strip())  # noqa: S314
        (language,) = tree.iter("language")
        sounds = [Sound(e.attrib["name"], e.attrib["file"]) for e in language.iter("sound")]
        return language.attrib["code"], sounds
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise DataError(f"{name} is not a list of sounds ({error}); fetch its archive") from error

"""Asterisk core sounds: telephone prompts, the same in every language, and their transcripts.

Sounds are ``xx_YY_gender_Name/PROMPT.g722``; transcripts are ``core-sounds-xx.txt`` (Debian packs
it), one ``PROMPT: text`` a line. The upstream release holds both, without the folder.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table, write_messages
from crosstalk.corpora.recordings import Transcribed, write_recordings
from crosstalk.errors import DataError
from crosstalk.params.asterisk import AsteriskParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "asterisk"

_TRANSCRIPT = re.compile(r"core-sounds-(?P<language>[a-z]{2})\.txt(?P<packed>\.gz)?$")
_SOUND = re.compile(r"(?:sounds/(?P<speaker>(?P<language>[a-z]{2})_[^/]+)/)?(?P<item>[^.].*)\.g722$")
_ARCHIVE = re.compile(r"-(?P<language>[a-z]{2})\.archive$")
_NOT_SPOKEN = re.compile(r"^[\[(].*[\])]\.?$")


def prepare_asterisk(
    *,
    cfg: AsteriskParams,
    archives: list[Input],
    audio: Output,
    recordings: Output,
    supervisions: Output,
    rejected: Output,
    messages: Output,
) -> None:
    """Write the prompts and their transcripts (stage); tones and noises are left out.

    Raises
    ------
    DataError
        No archive holds sounds or transcripts of a language asked for.

    """
    texts: dict[str, dict[str, str]] = {}
    sounds: dict[tuple[str, str], tuple[str, bytes]] = {}
    for archive in progress(archives, label="Asterisk", unit="archive"):
        for name, data in iter_files(archive, lambda name: _TRANSCRIPT.search(name) is not None):
            match = _TRANSCRIPT.search(name)
            content = gzip.decompress(data) if match["packed"] else data
            texts[match["language"]] = read_transcripts(content)
        for name, data in iter_files(archive, "*.g722"):
            language, speaker, item = place(name, archive)
            sounds[language, item] = (speaker, data)
    for language in cfg.languages:
        if language not in texts or not any(spoken == language for spoken, _ in sounds):
            raise DataError(f"no sounds or no transcripts in {language!r}: fetch Asterisk again")
    write_recordings(
        SOURCE,
        transcribed(texts, sounds, cfg.languages),
        cfg.checks,
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
    )
    write_messages(message_table(SOURCE, prompt_messages(texts, cfg.languages)), messages)


def read_transcripts(data: bytes) -> dict[str, str]:
    """Text by prompt; entries that are not speech, as ``[beep]``, are left out."""
    texts = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        item, colon, text = line.partition(":")
        text = " ".join(text.split())
        if colon and not line.startswith(";") and not _NOT_SPOKEN.match(text):
            texts[item.strip()] = text
    return texts


def place(name: str, archive: Path) -> tuple[str, str, str]:
    """Language, speaker and prompt of a sound; upstream names no speaker, its archive a language."""
    match = _SOUND.search(name)
    if match["speaker"]:
        return match["language"], match["speaker"], match["item"]
    known = _ARCHIVE.search(archive.name)
    if known is None:
        raise DataError(f"{archive} holds {name}, whose language nothing tells")
    return known["language"], known["language"], match["item"].rpartition("./")[2]


def transcribed(
    texts: dict[str, dict[str, str]],
    sounds: dict[tuple[str, str], tuple[str, bytes]],
    languages: tuple[str, ...],
) -> Iterator[Transcribed]:
    """Yield the sounds that the transcripts know as speech."""
    for (language, item), (speaker, data) in sounds.items():
        if language in languages and item in texts[language]:
            yield Transcribed(
                id=f"{SOURCE}/{language}/{item}",
                language=language,
                speaker=speaker,
                domain=_domain(item),
                item=item,
                text=texts[language][item],
                reference=_reference(texts, item),
                data=data,
            )


def prompt_messages(
    texts: dict[str, dict[str, str]], languages: tuple[str, ...]
) -> Iterator[Message]:
    """Yield the transcripts of some languages."""
    for language in languages:
        for item, text in texts[language].items():
            if text:
                reference = _reference(texts, item)
                yield Message(f"{SOURCE}/{item}", _domain(item), language, text, reference)


def _reference(texts: dict[str, dict[str, str]], item: str) -> str:
    """What decides the fold: the English prompt, or the prompt's name where there is none."""
    return texts.get("en", {}).get(item) or item


def _domain(item: str) -> str:
    folder, slash, _ = item.partition("/")
    return folder if slash else "general"

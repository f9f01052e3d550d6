"""Asterisk core sounds: telephone prompts read by one voice a language, and their transcripts.

A Debian package has ``sounds/xx_YY_f_Name/PROMPT.g722``, or ``core-sounds-xx.txt.gz`` in a package
of its own; an upstream release has ``PROMPT.g722`` and ``core-sounds-xx.txt`` side by side. Prompts
have the same names in all languages but for upper and lower case.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.recordings import Rejected, Transcribed, decode_g722, write_recordings
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError
from crosstalk.params.asterisk import AsteriskParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "asterisk"
VOICES = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
"""The voices by language; upstream releases do not name them in their paths."""

_VOICED = re.compile(
    r"(?:.*/)?sounds/(?P<voice>(?P<language>[a-z]{2})_[A-Z]{2}_[a-z]_[^/]+)/(?P<prompt>.+)\.g722"
)
_BARE = re.compile(r"(?P<prompt>.+)\.g722")
_TRANSCRIPT = re.compile(r"(?:.*/)?core-sounds-(?P<language>[a-z]{2})\.txt(?:\.gz)?")
_WHOLLY_BRACKETED = re.compile(r"\[[^]]*\]|\([^)]*\)|<[^>]*>")
_REMARK = re.compile(r"\([^)]*\)")
_SYMBOL = re.compile(r"\[[^]\w]*\]")


class Sound(NamedTuple):
    """Which prompt a sound file is; ``language`` and ``voice`` are empty if its name tells none."""

    prompt: str
    language: str
    voice: str


class Prompt(NamedTuple):
    """What a transcript says: ``fault`` is why ``text`` is not known, if it is not."""

    text: str
    fault: str = ""


type Sounds = dict[tuple[str, str], tuple[str, bytes]]
type Transcripts = dict[str, dict[str, Prompt | None]]


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
    """Write the prompts with their transcripts, and the transcripts as messages (stage).

    Entries that describe a sound (``[tones]``) are no prompts and are not counted.

    Raises
    ------
    DataError
        An archive or transcript is damaged, or there is no prompt or no transcript in one of
        ``cfg.languages``.

    """
    sounds, transcripts = _read(archives)
    for what, found in (
        ("recording", {language for language, _ in sounds}),
        ("transcript", set(transcripts)),
    ):
        if missing := [language for language in cfg.languages if language not in found]:
            raise DataError(
                f"the archives of asterisk hold no {what} in {' '.join(missing)}; take it from "
                f"corpora.asterisk.languages (there are: {' '.join(sorted(found)) or 'none'})"
            )
    table = message_table(SOURCE, _messages(transcripts, cfg.languages))
    write_messages(table, messages)
    kept, lost = _transcribed(sounds, transcripts, cfg.languages)
    write_recordings(
        SOURCE,
        kept,
        cfg.checks,
        decoder=decode_g722,
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
        also_rejected=lost,
    )


def sound_of(name: str) -> Sound | None:
    """Tell a prompt from the name of its file, None if it is no sound."""
    if match := _VOICED.fullmatch(name):
        return Sound(match["prompt"].lower(), match["language"], match["voice"])
    match = _BARE.fullmatch(name)
    return Sound(match["prompt"].lower(), "", "") if match else None


def parse_transcripts(name: str, data: bytes) -> dict[str, Prompt | None]:
    """Prompts by lower-case name, of lines ``name: text``; None where a sound is described.

    Of two entries of one name, the first that says something is kept.

    Raises
    ------
    DataError
        The file is damaged or not UTF-8.

    """
    try:
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{name} is not a transcript ({error}); fetch its archive again") from error
    prompts: dict[str, Prompt | None] = {}
    for line in text.splitlines():
        key, colon, entry = line.partition(":")
        key = key.strip().lower()
        if colon and not key.startswith(";") and not prompts.get(key):
            prompts[key] = parse_entry(entry)
    return prompts


def parse_entry(entry: str) -> Prompt | None:
    """Return what is spoken, or None if the entry describes a sound: ``[tones]``, ``(beep)``.

    Remarks in parentheses and symbols (``dash [-]``) are not spoken. Words in brackets within a
    sentence may or may not be, so such an entry has a fault.
    """
    entry = " ".join(entry.split())
    if _WHOLLY_BRACKETED.fullmatch(entry):
        return None
    text = " ".join(_SYMBOL.sub(" ", _REMARK.sub(" ", entry)).split())
    if "[" in text:
        return Prompt("", f"the transcript is ambiguous: {text}")
    return Prompt(text)


def _read(archives: list[Path]) -> tuple[Sounds, Transcripts]:
    sounds: Sounds = {}
    transcripts: Transcripts = {}

    def wanted(name: str) -> bool:
        return bool(_TRANSCRIPT.fullmatch(name) or sound_of(name))

    for archive in progress(archives, label=SOURCE, unit="archive"):
        bare: dict[str, bytes] = {}
        here = ""
        for name, data in iter_files(archive, wanted):
            if match := _TRANSCRIPT.fullmatch(name):
                here = match["language"]
                transcripts.setdefault(here, parse_transcripts(name, data))
                continue
            prompt, language, voice = sound_of(name)
            if language:
                sounds.setdefault((language, prompt), (voice, data))
            else:
                bare[prompt] = data
        if bare and not here:
            raise DataError(f"{archive}: nothing tells the language of its prompts; fetch it again")
        for prompt, data in bare.items():
            sounds.setdefault((here, prompt), (VOICES.get(here, here), data))
    return sounds, transcripts


def _transcribed(
    sounds: Sounds, transcripts: Transcripts, languages: tuple[str, ...]
) -> tuple[list[Transcribed], list[Rejected]]:
    """Prompts that have, or ought to have, a transcript, and those whose transcript has a fault."""
    kept: list[Transcribed] = []
    lost: list[Rejected] = []
    for (language, name), (voice, data) in sounds.items():
        entry = transcripts[language].get(name, Prompt("")) if language in languages else None
        if entry is None:
            continue
        identity = f"{SOURCE}/{language}/{name}"
        if entry.fault:
            lost.append(Rejected(identity, language, "", entry.fault))
            continue
        kept.append(
            Transcribed(
                id=identity,
                language=language,
                speaker=voice,
                domain=domain_of(name),
                item=name,
                text=entry.text,
                reference=_reference(name, transcripts),
                data=data,
            )
        )
    return kept, lost


def domain_of(prompt: str) -> str:
    """Folder of a prompt (``digits``, ``letters`` …), ``core`` for those in none."""
    folder, slash, _ = prompt.partition("/")
    return folder if slash else "core"


def _messages(transcripts: Transcripts, languages: tuple[str, ...]) -> Iterator[Message]:
    for language in languages:
        for name, entry in transcripts[language].items():
            if entry and entry.text:
                reference = _reference(name, transcripts)
                yield Message(name, domain_of(name), language, entry.text, reference)


def _reference(prompt: str, transcripts: Mapping[str, Mapping[str, Prompt | None]]) -> str:
    """English text of a prompt, whether English is asked for or not, else the first there is."""
    for language in ("en", *sorted(transcripts)):
        entry = transcripts.get(language, {}).get(prompt)
        if entry and entry.text:
            return entry.text
    return prompt

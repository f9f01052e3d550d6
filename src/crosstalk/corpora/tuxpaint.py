"""Tux Paint stamps: pictures, their captions in many languages, and the captions spoken.

A stamp is ``stamps/CATEGORY/…/NAME`` with ``.png`` or ``.svg``, captions in ``.txt``, and
recordings ``_desc.ogg`` (English) and ``_desc_xx.ogg``; its path below ``stamps`` is its identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.pictures import Picture, small_picture, write_pictures
from crosstalk.corpora.recordings import Rejected, Transcribed, decode, write_recordings
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError
from crosstalk.params.tuxpaint import TuxpaintParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "tuxpaint"

# One recording of the release is called `….ogg.ogg`. Recordings of a region (pt_BR: 15 files by
# several unnamed children) are passed over: phones and speakers are known by language alone.
_FILE = re.compile(
    r"(?:^|/)stamps/(?P<stamp>.+?)"
    r"(?:_desc(?:_(?P<language>[a-z]{2,3}))?(?:\.(?:ogg|wav))+|\.(?P<kind>txt|png|svg))"
)
# A stamp drawn differently when it is turned round: no stamp of its own, so it has no caption.
_TURNED = re.compile(r"_(?:mirror|flip)$")
_CAPTION = re.compile(r"(?P<locale>[A-Za-z_@]+)\.utf8=(?P<text>.*)")
# Messages have two-letter codes; Chinese alone has no caption under its own.
_CODES = {"zh_CN": "zh"}


class Place(NamedTuple):
    """What a file is: ``kind`` is ``recording``, ``txt``, ``png`` or ``svg``."""

    stamp: str
    kind: str
    language: str = ""


@dataclass
class _Stamps:
    captions: dict[str, dict[str, str]] = field(default_factory=dict)
    recordings: dict[tuple[str, str], bytes] = field(default_factory=dict)
    pictures: dict[str, bytes | None] = field(default_factory=dict)
    drawings: set[str] = field(default_factory=set)


def prepare_tuxpaint(
    *,
    cfg: TuxpaintParams,
    archives: list[Input],
    audio: Output,
    recordings: Output,
    supervisions: Output,
    rejected: Output,
    messages: Output,
    pictures: Output,
) -> None:
    """Write the spoken captions, all captions, and the pictures (stage).

    Pictures are a Parquet table: ``item`` and ``category``, ``width`` and ``height`` in pixels, and
    ``pixels`` as bytes of rows of RGB. What cannot be used is listed in ``rejected``. All
    recordings of a language count as one speaker: the release does not say who spoke which.

    Raises
    ------
    DataError
        An archive or caption is damaged, or there is no caption, no picture, or no recording in
        one of ``cfg.languages``.

    """
    stamps = _read(archives, set(cfg.languages))
    spoken = {language for _, language in stamps.recordings}
    if missing := [language for language in cfg.languages if language not in spoken]:
        raise DataError(
            f"the archives of tuxpaint hold no recording in {' '.join(missing)}; take it from "
            f"corpora.tuxpaint.languages (there are: {' '.join(sorted(spoken)) or 'none'})"
        )
    write_messages(message_table(SOURCE, _messages(stamps.captions)), messages)
    lost = _write_pictures(stamps, cfg.picture_pixels, pictures)
    write_recordings(
        SOURCE,
        _transcribed(stamps),
        cfg.checks,
        decoder=decode,
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
        also_rejected=lost,
    )


def place_of(name: str) -> Place | None:
    """Tell from its name which file of which stamp this is, None if it is none that we read."""
    match = _FILE.fullmatch(name) or _FILE.search(name)
    if match is None or match.end() != len(name) or _TURNED.search(match["stamp"]):
        return None
    if match["kind"]:
        return Place(match["stamp"], match["kind"])
    return Place(match["stamp"], "recording", match["language"] or "en")


def parse_captions(name: str, data: bytes) -> dict[str, str]:
    """Captions by locale: the first line is English (``en``), others are ``xx.utf8=…``.

    Empty captions are left out.

    Raises
    ------
    DataError
        The file is not UTF-8.

    """
    try:
        first, *others = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 ({error}); fetch its archive again") from error
    captions = {"en": first}
    for line in others:
        if match := _CAPTION.fullmatch(line.rstrip("\r")):
            captions.setdefault(match["locale"], match["text"])
    tidy = {locale: " ".join(text.split()) for locale, text in captions.items()}
    return {locale: text for locale, text in tidy.items() if text}


def category_of(stamp: str) -> str:
    """Name the top folder of a stamp."""
    return stamp.partition("/")[0]


def _read(archives: list[Path], languages: set[str]) -> _Stamps:
    """Read all files in one pass; recordings and pictures stay encoded (200 MB in memory)."""
    stamps = _Stamps()

    def wanted(name: str) -> bool:
        place = place_of(name)
        return place is not None and (place.kind != "recording" or place.language in languages)

    for archive in archives:
        files = iter_files(archive, wanted)
        for name, data in progress(files, label=archive.name, unit="file"):
            place = place_of(name)
            if place.kind == "recording":
                stamps.recordings.setdefault((place.stamp, place.language), data)
            elif place.kind == "txt":
                stamps.captions.setdefault(place.stamp, parse_captions(name, data))
            elif place.kind == "png":
                stamps.pictures.setdefault(place.stamp, data)
            else:
                stamps.drawings.add(place.stamp)
    return stamps


def _messages(captions: Mapping[str, Mapping[str, str]]) -> Iterator[Message]:
    for stamp, texts in captions.items():
        for locale, text in texts.items():
            code = _CODES.get(locale, locale)
            if len(code) == 2:
                yield Message(stamp, category_of(stamp), code, text, _reference(stamp, texts))


def _transcribed(stamps: _Stamps) -> Iterator[Transcribed]:
    for (stamp, language), data in stamps.recordings.items():
        texts = stamps.captions.get(stamp, {})
        yield Transcribed(
            id=f"{SOURCE}/{language}/{stamp}",
            language=language,
            speaker=f"{SOURCE}-{language}",
            domain=category_of(stamp),
            item=stamp,
            text=texts.get(language, ""),
            reference=_reference(stamp, texts),
            data=data,
        )


def _reference(stamp: str, captions: Mapping[str, str]) -> str:
    return captions.get("en", stamp)


def _write_pictures(stamps: _Stamps, side: int, path: Path) -> list[Rejected]:
    found: list[Picture] = []
    lost: list[Rejected] = []
    captioned = sorted(stamp for stamp, texts in stamps.captions.items() if texts)
    for stamp in progress(captioned, label="pictures", unit="stamp"):
        data = stamps.pictures.get(stamp)
        try:
            if data is None:
                drawn = "an SVG drawing" if stamp in stamps.drawings else "nothing"
                raise DataError(f"no PNG picture, but {drawn}")  # noqa: TRY301
            pixels = small_picture(data, side)
        except DataError as error:
            lost.append(Rejected(f"{SOURCE}/picture/{stamp}", "", "", str(error)))
            continue
        found.append(Picture(stamp, category_of(stamp), pixels))
    if not found:
        raise DataError("the archives of tuxpaint hold no PNG picture with a caption")
    write_pictures(found, side, path)
    return lost

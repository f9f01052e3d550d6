"""Tux Paint stamps: pictures with captions in many languages, and recordings of the captions.

A stamp is ``stamps/CATEGORY/…/NAME.png`` (or ``.svg``), ``NAME.txt`` with its captions, and
``NAME_desc_xx.ogg``, one volunteer a language. The first line of the captions is English, the
others are ``xx.utf8=…``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from PIL import Image, UnidentifiedImageError

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.messages import Message, message_table, write_checked, write_messages
from crosstalk.corpora.recordings import Rejected, Transcribed, write_recordings
from crosstalk.errors import DataError
from crosstalk.params.tuxpaint import TuxpaintParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

SOURCE = "tuxpaint"

_FILE = re.compile(
    r"(?:^|/)stamps/(?P<item>(?P<category>[^/]+)/.+?)"
    r"(?:_desc_(?P<language>[a-z]{2})\.ogg|\.(?P<kind>txt|png|svg))$"
)
_CAPTION = re.compile(r"(?P<language>[a-z]{2})\.utf8=(?P<text>.*)")
_NO_PNG = "a drawing (SVG) without a picture (PNG)"

PICTURES = pa.DataFrameSchema(
    {
        "item": pa.Column(str, unique=True),
        "category": pa.Column(str),
        "width": pa.Column("int32"),
        "height": pa.Column("int32"),
        "pixels": pa.Column(object, description="RGB bytes, row by row"),
    },
    strict=True,
    ordered=True,
)


class Stamps(NamedTuple):
    """What an archive holds, by stamp."""

    captions: dict[str, dict[str, str]]
    recordings: dict[tuple[str, str], bytes]
    pictures: dict[str, bytes]
    drawings: set[str]


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
    """Write the recordings, the captions of every language, and the pictures (stage).

    Raises
    ------
    DataError
        An archive holds no stamps, a picture is broken, or no recording is in a language asked for.

    """
    stamps = read_stamps(
        entry
        for archive in progress(archives, label="Tux Paint", unit="archive")
        for entry in iter_files(archive, lambda name: _FILE.search(name) is not None)
    )
    if not stamps.captions:
        raise DataError(f"no stamp is in {', '.join(map(str, archives))}: fetch it again")
    spoken = {language for _, language in stamps.recordings}
    silent = [language for language in cfg.languages if language not in spoken]
    if silent:
        raise DataError(f"{archives[0]} holds no recording in {silent[0]!r}: drop that language")
    missing = [Rejected(i, "", "", _NO_PNG) for i in stamps.drawings - set(stamps.pictures)]
    write_recordings(
        SOURCE,
        transcribed(stamps, cfg.languages),
        cfg.checks,
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
        also_rejected=missing,
    )
    write_messages(message_table(SOURCE, caption_messages(stamps)), messages)
    write_checked(picture_table(stamps.pictures, cfg.picture_pixels), PICTURES, pictures)


def read_stamps(files: Iterator[tuple[str, bytes]]) -> Stamps:
    """Sort an archive's files by what they are."""
    stamps = Stamps({}, {}, {}, set())
    for name, data in files:
        match = _FILE.search(name)
        if match is None:
            continue
        item = match["item"]
        if match["language"]:
            stamps.recordings[item, match["language"]] = data
        elif match["kind"] == "txt":
            stamps.captions[item] = read_captions(data)
        elif match["kind"] == "png":
            stamps.pictures[item] = data
        else:
            stamps.drawings.add(item)
    return stamps


def read_captions(data: bytes) -> dict[str, str]:
    """Captions by ISO 639-1 code; regional and longer codes are left out."""
    first, *others = data.decode("utf-8", errors="replace").splitlines() or [""]
    captions = {"en": _tidy(first)}
    for line in others:
        match = _CAPTION.fullmatch(line.strip())
        if match:
            captions[match["language"]] = _tidy(match["text"])
    return {language: text for language, text in captions.items() if text}


def transcribed(stamps: Stamps, languages: tuple[str, ...]) -> Iterator[Transcribed]:
    """Yield the recordings of some languages; one without a caption has an empty text."""
    for (item, language), data in stamps.recordings.items():
        if language in languages:
            captions = stamps.captions.get(item, {})
            yield Transcribed(
                id=f"{SOURCE}/{language}/{item}",
                language=language,
                speaker=f"{SOURCE}-{language}",
                domain=_category(item),
                item=item,
                text=captions.get(language, ""),
                reference=captions.get("en", item),
                data=data,
            )


def caption_messages(stamps: Stamps) -> Iterator[Message]:
    """Yield the captions of stamps that have an English one, in every language."""
    for item, captions in stamps.captions.items():
        reference = captions.get("en")
        if reference:
            for language, text in captions.items():
                yield Message(f"{SOURCE}/{item}", _category(item), language, text, reference)


def picture_table(pictures: dict[str, bytes], side: int) -> pd.DataFrame:
    """Shrink pictures into squares of ``side`` pixels, centred on white."""
    rows = [
        (item, _category(item), side, side, _square(item, data, side).tobytes())
        for item, data in sorted(pictures.items())
    ]
    frame = pd.DataFrame(rows, columns=list(PICTURES.columns))
    return frame.astype({"width": "int32", "height": "int32"})


def _square(item: str, data: bytes, side: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise DataError(f"picture {item}.png is broken ({error}): fetch the stamps again") from error
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (side, side), "white")
    canvas.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(canvas.convert("RGB"))


def _category(item: str) -> str:
    return Path(item).parts[0]


def _tidy(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").split())

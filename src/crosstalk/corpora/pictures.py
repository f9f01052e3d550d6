"""The common description of pictures: one row a picture, its pixels as they are read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow
from PIL import Image, UnidentifiedImageError
from pyarrow import parquet

from crosstalk.errors import DataError

SCHEMA = pyarrow.schema(
    [
        ("item", pyarrow.string()),
        ("category", pyarrow.string()),
        ("width", pyarrow.int32()),
        ("height", pyarrow.int32()),
        ("pixels", pyarrow.binary()),
    ]
)
"""``pixels`` are bytes of rows of RGB; ``item`` is what the picture shows, as in manifests."""


class Picture(NamedTuple):
    """A square picture, as `small_picture` makes it."""

    item: str
    category: str
    pixels: bytes


def write_pictures(pictures: Iterable[Picture], side: int, path: Path) -> None:
    """Write pictures of ``side`` × ``side`` pixels as Parquet; the same give the same bytes."""
    size = {"width": side, "height": side}
    rows = [picture._asdict() | size for picture in pictures]
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")


def small_picture(data: bytes, side: int) -> bytes:
    """Fit a picture into ``side`` × ``side`` pixels of RGB, centred on white, as bytes of its rows.

    Raises
    ------
    DataError
        The picture cannot be decoded.

    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            drawn = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError("the picture cannot be decoded") from error
    # On white before it shrinks: transparent pixels have colours that would bleed in.
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    scale = side / max(drawn.size)
    size = tuple(max(1, round(length * scale)) for length in drawn.size)
    small = paper.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return canvas.tobytes()

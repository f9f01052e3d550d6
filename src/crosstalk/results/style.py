"""One look for every figure, and files that are the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, product
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

# Okabe and Ito's palette: told apart with any colour vision, and in print.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#7A7A7A",
)
CYCLE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY)

INK = "#1d2733"


def distinct(names: Sequence[str], **beyond: Sequence[str]) -> dict[str, dict[str, str]]:
    """Give each name a look of its own: a colour, and once these are spent the next of ``beyond``.

    ``distinct(names, linestyle=("-", "--"))`` has two times as many looks as there are colours.
    Yellow is none of them: among others it is hard to see on white.

    Raises
    ------
    ValueError
        There are more names than looks.

    """
    colours = [colour for colour in CYCLE if colour != YELLOW]
    looks = islice(product(*beyond.values(), colours), len(names))
    keys = [*beyond, "color"]
    return {
        name: dict(zip(keys, look, strict=True)) for name, look in zip(names, looks, strict=True)
    }


RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so every machine draws the same
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E6EA",
    # Lines beyond the last colour are dashed, then dotted.
    "axes.prop_cycle": mpl.cycler(linestyle=("-", "--", ":")) * mpl.cycler(color=CYCLE),
    "legend.frameon": False,
    "legend.handlelength": 2.6,  # long enough to tell dashes
    "svg.hashsalt": "crosstalk",
    "figure.constrained_layout.use": True,
}


@contextmanager
def figure(width: float, height: float, *columns: object, **options: object) -> Iterator[tuple]:
    """Open a figure of ``width`` × ``height`` inches in the house style; yields (figure, axes)."""
    with mpl.rc_context(RC):
        drawn, axes = plt.subplots(*columns, figsize=(width, height), **options)
        try:
            yield drawn, axes
        finally:
            plt.close(drawn)


def save(drawn: plt.Figure, png: Path, pdf: Path, dpi: int) -> None:
    """Write the figure as PNG and PDF without dates or versions in them."""
    drawn.savefig(png, dpi=dpi, metadata={"Software": None})
    drawn.savefig(pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None})

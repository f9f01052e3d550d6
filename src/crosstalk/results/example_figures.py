"""Drawings of the examples: spaces before and after mapping, boundaries of one utterance."""

from __future__ import annotations

import pandas as pd

from crosstalk.params.present import PresentParams
from crosstalk.results.style import BLUE, CYCLE, GREY, INK, ORANGE, figure, save
from crosstalk.stage import Input, Output
from crosstalk.tensors import load_tensors

NAMED_WORDS = 12


def plot_projection(
    *, cfg: PresentParams, titles: list[str], projections: list[Input], png: Output, pdf: Output
) -> None:
    """Draw spaces before and after mapping, a row of panels each; lines join a word's two sides."""
    count = len(projections)
    with figure(7.6, 3.6 * count, count, 2, squeeze=False) as (drawn, panels):
        for row, title, path in zip(panels, titles, projections, strict=True):
            frame = pd.read_csv(path, keep_default_na=False)
            for axes, stage in zip(row, ("before", "after"), strict=True):
                drawn_now = frame[frame["stage"] == stage]
                wide = drawn_now.pivot_table(index="word", columns="side", values=["x", "y"])
                wide = wide.reindex(frame["word"].drop_duplicates())
                axes.plot(
                    wide["x"].to_numpy().T, wide["y"].to_numpy().T, color=GREY, lw=0.3, alpha=0.5
                )
                for side, colour in (("speech", ORANGE), ("text", BLUE)):
                    axes.scatter(wide["x"][side], wide["y"][side], s=5, color=colour, label=side)
                for word in wide.index[:NAMED_WORDS]:
                    place = (wide["x"]["text"][word], wide["y"]["text"][word])
                    axes.annotate(word, place, fontsize=6, color=INK)
                axes.set_title(f"{title}, {stage} mapping", loc="left", fontsize=8.5)
                axes.set_xticks([])
                axes.set_yticks([])
        panels[0][0].legend(fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def plot_boundaries(
    *,
    cfg: PresentParams,
    shift_ms: float,
    spectrogram: Input,
    boundaries: Input,
    png: Output,
    pdf: Output,
) -> None:
    """Draw the utterance that was picked, with its true words and those that were found."""
    image = load_tensors(spectrogram, "np")["mel"]
    frame = pd.read_csv(boundaries, keep_default_na=False)
    names = frame["segmentation"].drop_duplicates().tolist()
    with figure(8.6, 1.9 + 0.34 * len(names), 2, 1, sharex=True, height_ratios=[3, len(names)]) as (
        drawn,
        (above, below),
    ):
        extent = (0, image.shape[1] * shift_ms / 1000, 0, len(image))
        above.imshow(image, origin="lower", aspect="auto", extent=extent, cmap="magma")
        above.set_yticks([])
        above.set_ylabel("mel bands")
        above.grid(visible=False)
        for place, name in enumerate(names):
            found = frame[frame["segmentation"] == name]
            length = found["end"] - found["start"]
            box = {"height": 0.7, "color": CYCLE[place % len(CYCLE)], "edgecolor": "white"}
            below.barh([-place] * len(found), length, left=found["start"], alpha=0.8, **box)
            for at, width, word in zip(found["start"], length, found["word"], strict=True):
                style = {"ha": "center", "va": "center", "fontsize": 6, "color": "white"}
                below.text(at + width / 2, -place, word, **style)
        below.set_yticks([-k for k in range(len(names))], names)
        below.set_xlabel("seconds")
        below.grid(axis="y", visible=False)
        save(drawn, png, pdf, cfg.dpi)

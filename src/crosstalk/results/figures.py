"""Figures made from the tidy tables alone."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from crosstalk.params.present import PresentParams
from crosstalk.results.reference import ReferenceTable, read_reference
from crosstalk.results.style import BLUE, GREEN, GREY, INK, ORANGE, figure, save
from crosstalk.stage import Input, Output


def plot_table(
    *,
    cfg: PresentParams,
    table: str,
    csv: Input,
    reference: Input,
    png: Output,
    pdf: Output,
) -> None:
    """Draw a table's rows: ours with their interval, the paper's value beside it."""
    layout = read_reference(reference).tables[table]
    frame = pd.read_csv(csv)
    frame = frame[frame["column"].isin(layout.ours)].iloc[::-1].reset_index(drop=True)
    column = frame["column"].iloc[0]
    control = frame["row"].isin(layout.controls)
    with figure(7.0, 0.34 * len(frame) + 1.0) as (drawn, axes):
        _dots(axes, frame[~control], BLUE, f"ours, {column}")
        _dots(axes, frame[control], GREEN, "ours, control")
        beside = f"paper, {layout.ours[column].beside}"
        axes.plot(frame["paper"], frame.index, "D", mfc="none", color=ORANGE, ms=6, label=beside)
        for cell in frame.itertuples():
            _annotate(axes, cell, layout.decimals)
        axes.set_yticks(frame.index, [_label(layout, row) for row in frame["row"]])
        axes.set_xlim(-2, 102)
        axes.set_ylim(-0.7, len(frame) - 0.3)
        axes.set_xlabel(f"{layout.metric} ({layout.unit})")
        drawn.suptitle(f"{layout.title}: ours beside the paper's", x=0.01, ha="left", fontsize=10)
        drawn.legend(loc="outside lower center", ncols=3, fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def _dots(axes: Axes, cells: pd.DataFrame, colour: str, label: str) -> None:
    cells = cells[cells["ours"].notna()]
    error = [cells["ours"] - cells["ci_low"], cells["ci_high"] - cells["ours"]]
    style = {"fmt": "o", "color": colour, "ms": 5, "capsize": 2.5}
    axes.errorbar(cells["ours"], cells.index, xerr=error, label=label, **style)


def _annotate(axes: Axes, cell: object, decimals: int) -> None:
    """Write the value beside its interval, or why there is none."""
    if pd.isna(cell.ours):
        style = {"fontsize": 6.5, "style": "italic", "color": GREY}
        axes.text(101, cell.Index - 0.25, cell.note, ha="right", va="center", **style)
        return
    left = cell.ours > 85  # keep the number inside the axes
    anchor = (cell.ci_low if left else cell.ci_high, cell.Index)
    where = {"xytext": (-7 if left else 7, 5), "textcoords": "offset points", "va": "center"}
    align = {"ha": "right" if left else "left", "fontsize": 7.5, "color": INK}
    axes.annotate(f"{cell.ours:.{decimals}f}", anchor, **where, **align)


def _label(layout: ReferenceTable, row: str) -> str:
    return f"{layout.labels[row]}  ({row})" if row in layout.rows else layout.labels[row]


def plot_history(
    *, cfg: PresentParams, title: str, histories: list[Input], png: Output, pdf: Output
) -> None:
    """Draw training curves, one line a seed."""
    with figure(5.0, 2.8) as (drawn, axes):
        for path in histories:
            history = pd.read_csv(path)
            axes.plot(history["epoch"], history["loss"], lw=1.4, label=path.stem.rsplit("-", 1)[-1])
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_title(title, loc="left", fontsize=10)
        axes.legend(fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)

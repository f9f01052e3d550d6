"""Figures made from the tidy tables alone."""

from __future__ import annotations

import pandas as pd

from crosstalk.params.present import PresentParams
from crosstalk.results.reference import read_reference
from crosstalk.results.style import BLUE, GREEN, GREY, ORANGE, figure, save
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
    with figure(7.0, 0.34 * len(frame) + 1.0) as (drawn, axes):
        control = frame["row"].isin(layout.controls)
        for chosen, colour, label in (
            (~control, BLUE, f"ours, {column}"),
            (control, GREEN, "ours, control"),
        ):
            part = frame[chosen & frame["ours"].notna()]
            error = [part["ours"] - part["ci_low"], part["ci_high"] - part["ours"]]
            axes.errorbar(part["ours"], part.index, xerr=error, fmt="o", color=colour, ms=5, capsize=2.5, label=label)
        beside = layout.ours[column].beside
        axes.plot(frame["paper"], frame.index, "D", mfc="none", color=ORANGE, ms=6, label=f"paper, {beside}", zorder=0)
        for cell in frame[frame["ours"].notna()].itertuples():
            text = f"{cell.ours:.{layout.decimals}f}"
            inwards = cell.ours > 85  # keep the number inside the axes
            axes.annotate(text, (cell.ci_low if inwards else cell.ci_high, cell.Index), xytext=(-7 if inwards else 7, 5), textcoords="offset points", ha="right" if inwards else "left", va="center", fontsize=7.5, color="#1d2733")
        for cell in frame[frame["ours"].isna()].itertuples():
            axes.annotate(cell.note, (0, cell.Index), xytext=(3, -6), textcoords="offset points", va="center", fontsize=6.5, style="italic", color=GREY)
        labels = [f"{layout.labels[row]}  ({row})" if row in layout.rows else layout.labels[row] for row in frame["row"]]
        axes.set_yticks(frame.index, labels)
        axes.set_xlim(-2, 102)
        axes.set_ylim(-0.7, len(frame) - 0.3)
        axes.set_xlabel(f"{layout.metric} ({layout.unit})")
        axes.set_title(f"{layout.title}: ours beside the paper's", loc="left", fontsize=10)
        axes.legend(loc="lower right", fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


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

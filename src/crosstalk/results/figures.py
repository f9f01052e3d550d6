"""Figures made from the tidy tables alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from crosstalk.params.present import PresentParams
from crosstalk.results.reference import ReferenceTable, read_reference
from crosstalk.results.style import BLUE, GREEN, INK, ORANGE, figure, save
from crosstalk.results.tables import column_head
from crosstalk.stage import Input, Output


def plot_tables(
    *,
    cfg: PresentParams,
    tables: list[str],
    csv: list[Input],
    reference: Input,
    png: list[Output],
    pdf: list[Output],
) -> None:
    """Draw each table of a paper: a figure a table, whose ``csv``, ``png`` and ``pdf`` are its."""
    layouts = read_reference(reference).tables
    for table, numbers, *pictures in zip(tables, csv, png, pdf, strict=True):
        plot_table(layouts[table], pd.read_csv(numbers), *pictures, cfg.dpi)


def plot_table(layout: ReferenceTable, frame: pd.DataFrame, png: Path, pdf: Path, dpi: int) -> None:
    """Draw a table's rows, a panel a column: ours with interval, the paper's value beside it.

    Columns of which nothing was measured have no panel, unless that is true of all: then ours have.
    The paper's own columns are measured where its corpora are.
    """
    columns = layout.figure or list(dict.fromkeys([*layout.ours, *layout.columns]))
    measured = set(frame.loc[frame["ours"].notna(), "column"])
    ours = [column for column in columns if column in layout.ours]
    columns = [column for column in columns if column in measured] or ours
    frame = frame[frame["column"].isin(columns)]
    filled = frame.loc[frame[["ours", "paper"]].notna().any(axis=1), "row"].unique()
    rows = [row for row in layout.labels if row in filled][::-1]
    height = 0.26 * len(rows) + 1.4
    names = [_label(layout, row) for row in rows]
    margin = 0.5 + 0.065 * max((len(name) for name in names), default=0)  # inches of 9 points
    with figure(margin + 2.1 * len(columns), height, 1, len(columns), sharey=True) as (drawn, axes):
        panels = [axes] if len(columns) == 1 else axes
        most = frame[["ci_high", "paper"]].max().max() if rows else 1.0
        for panel, column in zip(panels, columns, strict=True):
            cells = frame[frame["column"] == column].set_index("row").reindex(rows).reset_index()
            control = cells["row"].map(layout.is_control).astype(bool)
            _dots(panel, cells[~control], BLUE, "ours")
            _dots(panel, cells[control], GREEN, "ours, control")
            if cells["paper"].notna().any():
                style = {"mfc": "none", "color": ORANGE, "ms": 5, "label": "paper"}
                panel.plot(cells["paper"], cells.index, "D", **style)
            for cell in cells.itertuples():
                _annotate(panel, cell, layout.decimals, most)
            panel.set_title(column_head(layout, column), fontsize=8.5)
            panel.set_xlim(-0.03 * most, 1.12 * most)
        panels[0].set_yticks(range(len(rows)), names)
        panels[0].set_ylim(-0.7, len(rows) - 0.3)
        measure = f"{layout.metric}{f' ({layout.unit})' if layout.unit else ''}"
        drawn.suptitle(f"{layout.title}\n{measure}", x=0.01, ha="left", fontsize=10)
        known = {}
        for panel in panels:
            known |= dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
        drawn.legend(known.values(), known, loc="outside lower right", ncols=3, fontsize=7.5)
        save(drawn, png, pdf, dpi)


def _dots(axes: Axes, cells: pd.DataFrame, colour: str, label: str) -> None:
    cells = cells[cells["ours"].notna()]
    if cells.empty:
        return
    error = [cells["ours"] - cells["ci_low"], cells["ci_high"] - cells["ours"]]
    style = {"fmt": "o", "color": colour, "ms": 5, "capsize": 2.5}
    axes.errorbar(cells["ours"], cells.index, xerr=error, label=label, **style)


def _annotate(axes: Axes, cell: object, decimals: int, most: float) -> None:
    """Write the value beside its interval."""
    if pd.isna(cell.ours):
        return
    left = cell.ci_high > 0.85 * most  # keep the number inside the axes
    anchor = (cell.ci_low if left else cell.ci_high, cell.Index)
    where = {"xytext": (-6 if left else 6, 4), "textcoords": "offset points", "va": "center"}
    align = {"ha": "right" if left else "left", "fontsize": 7, "color": INK}
    axes.annotate(f"{cell.ours:.{decimals}f}", anchor, **where, **align)


def _label(layout: ReferenceTable, row: str) -> str:
    name = layout.labels[row]
    return f"{name}  ({row})" if row in layout.rows and row != name else name


def plot_history(
    *, cfg: PresentParams, title: str, histories: list[Input], png: Output, pdf: Output
) -> None:
    """Draw training curves, one line each."""
    with figure(5.0, 2.8) as (drawn, axes):
        for path in histories:
            history = pd.read_csv(path)
            axes.plot(history["epoch"], history["loss"], lw=1.4, label=path.stem)
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_title(title, loc="left", fontsize=10)
        axes.legend(fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)

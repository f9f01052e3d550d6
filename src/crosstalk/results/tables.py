"""Results tables: ours beside the paper's, in CSV, Markdown, LaTeX and HTML, from one frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crosstalk.results.metrics import pooled, read_metrics
from crosstalk.results.page import write_page
from crosstalk.results.reference import ReferenceTable, read_reference
from crosstalk.stage import Input, Output

CONTROL = "control"


def write_table(
    *,
    table: str,
    scale: str,
    metrics: Input,
    reference: Input,
    csv: Output,
    markdown: Output,
    latex: Output,
    html: Output,
) -> None:
    """Write one table. A cell that has no value of ours says why."""
    paper = read_reference(reference)
    layout = paper.tables[table]
    frame = long_table(layout, pooled(read_metrics(metrics)).xs(table, level="table"), scale)
    frame.to_csv(csv, index=False, float_format="%.4f")
    shown = readable(layout, frame)
    markdown.write_text(shown.to_markdown(index=False) + "\n")
    latex.write_text(to_latex(shown))
    caption = f"{paper.paper.id}, {layout.source}: {layout.title} ({layout.metric}, {layout.unit})"
    notes = [f"{name}: {column.note}." for name, column in layout.ours.items()]
    notes.append(f"Scale {scale}. Intervals are 95 % bootstrap intervals over words and seeds.")
    write_page(html, caption, shown.to_html(index=False, border=0), notes)


def long_table(layout: ReferenceTable, measured: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Every cell of the paper and of ours, one a row.

    ``measured`` is indexed by (row, column). Columns of the result: row, column, ours, ci_low,
    ci_high, n, seeds, scale, paper, note; percentages or whatever ``layout.unit`` says.
    """
    cells = []
    for row in layout.labels:
        for column, ours in layout.ours.items():
            cell = {"row": row, "column": column, "scale": scale}
            cell["paper"] = layout.published(row, ours.beside)
            if (row, column) in measured.index:
                values = measured.loc[(row, column)]
                cell |= {key: values[key] for key in ("ci_low", "ci_high", "n", "seeds")}
                cell |= {"ours": values["value"], "note": ours.note}
            else:
                cell["note"] = layout.unmeasured.rows.get(row, "not measured at this scale")
            cells.append(cell)
        for column in layout.columns:
            if row in layout.rows:
                note = layout.unmeasured.columns.get(column, "")
                paper = layout.published(row, column)
                cells.append({"row": row, "column": column, "scale": scale, "paper": paper, "note": note})
    order = ["row", "column", "ours", "ci_low", "ci_high", "n", "seeds", "scale", "paper", "note"]
    frame = pd.DataFrame(cells).reindex(columns=order)
    return frame.astype({"n": "Int64", "seeds": "Int64"})


def readable(layout: ReferenceTable, frame: pd.DataFrame) -> pd.DataFrame:
    """Our columns as a person reads them: value, interval, the paper's value, and why if empty."""
    rows = []
    for cell in frame[frame["column"].isin(layout.ours)].itertuples():
        beside = layout.ours[cell.column].beside
        others = [v for v in layout.rows.get(cell.row, []) if v is not None]
        measured = pd.notna(cell.ours)
        rows.append(
            {
                "row": cell.row,
                "system": layout.labels[cell.row],
                f"ours, {cell.column} ({layout.unit})": _number(layout, cell.ours) if measured else "–",
                "95 % interval": f"{_number(layout, cell.ci_low)} to {_number(layout, cell.ci_high)}" if measured else "–",
                "n": str(cell.n) if measured else "–",
                "seeds": str(cell.seeds) if measured else "–",
                f"paper, {beside}": _number(layout, cell.paper) if pd.notna(cell.paper) else "–",
                "paper, all columns": f"{min(others)} to {max(others)}" if others else "–",
                "note": CONTROL if cell.row in layout.controls else "" if measured else cell.note,
            }
        )
    return pd.DataFrame(rows)


def to_latex(frame: pd.DataFrame) -> str:
    """Render a frame as a booktabs table."""
    style = frame.style.hide(axis="index").format(escape="latex")
    return style.to_latex(hrules=True, column_format="ll" + "r" * (len(frame.columns) - 3) + "l")


def _number(layout: ReferenceTable, value: float) -> str:
    return f"{value:.{layout.decimals}f}"

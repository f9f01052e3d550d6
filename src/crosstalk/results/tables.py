"""Results tables: ours beside the paper's, in CSV, Markdown, LaTeX and HTML, from one frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crosstalk.results.metrics import pooled, read_metrics
from crosstalk.results.page import write_page
from crosstalk.results.reference import Reference, ReferenceTable, read_reference
from crosstalk.stage import Input, Output

CONTROL = "control"
EMPTY = "–"
OWN = "on the paper's own corpora"
NOT_MEASURED = "not measured at this scale"
LARGE = 1000
"""From here on, values are counts, shown without decimals."""


def write_tables(
    *,
    tables: list[str],
    scale: str,
    level: float,
    metrics: Input,
    reference: Input,
    csv: list[Output],
    markdown: list[Output],
    latex: list[Output],
    html: list[Output],
) -> None:
    """Write each table of a paper, in four forms. A cell that has no value of ours says why.

    ``level`` is the coverage of the intervals in ``metrics``.
    """
    paper = read_reference(reference)
    measured = pooled(read_metrics(metrics))
    for table, *files in zip(tables, csv, markdown, latex, html, strict=True):
        own = measured[measured.index.get_level_values("table") == table].droplevel("table")
        write_table(paper, table, own, scale, level, *files)


def write_table(
    paper: Reference,
    table: str,
    measured: pd.DataFrame,
    scale: str,
    level: float,
    csv: Path,
    markdown: Path,
    latex: Path,
    html: Path,
) -> None:
    """Write one table; ``measured`` as in `long_table`."""
    layout = paper.tables[table]
    frame = long_table(layout, measured, scale)
    frame.to_csv(csv, index=False, float_format="%.4f")
    shown = readable(layout, frame)
    markdown.write_text(shown.to_markdown(index=False) + "\n")
    latex.write_text(to_latex(shown))
    notes = [*notes_of(layout, level), f"Scale {scale}."]
    write_page(html, f"{paper.paper.id}, {title_of(layout)}", shown, notes)


def title_of(layout: ReferenceTable) -> str:
    """What a table shows, and where the paper shows it, if it does."""
    where = "" if layout.source.startswith("none") else f"{layout.source}: "
    return f"{where}{layout.title} ({', '.join(filter(None, (layout.metric, layout.unit)))})"


def notes_of(layout: ReferenceTable, level: float) -> list[str]:
    """What its columns are, and how its cells are read."""
    columns = [f"{column.name or name}: {column.note}." for name, column in layout.ours.items()]
    interval = " [interval]" if layout.resampled else ""
    reading = f"Ours{interval} (the paper's value, where it has one)."
    if layout.resampled:
        reading += f" Intervals: {100 * level:g} % bootstrap over {layout.resampled} and seeds."
    return [*columns, reading]


def long_table(layout: ReferenceTable, measured: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Every cell of the paper and of ours, one a row.

    ``measured`` is indexed by (row, column). Columns of the result: row, column, ours, ci_low,
    ci_high, n, seeds, scale, paper, note; percentages or whatever ``layout.unit`` says.
    """
    cells = []
    filled = set(measured.index.get_level_values("column"))
    for row in layout.labels:
        for column, ours in layout.ours.items():
            cell = {"row": row, "column": column, "scale": scale}
            cell["paper"] = layout.published(row, ours.beside)
            if (row, column) in measured.index:
                cell |= _measured(measured, row, column) | {"note": ours.note}
            else:
                cell["note"] = layout.unmeasured.rows.get(row, NOT_MEASURED)
            cells.append(cell)
        for column in layout.columns:
            if column in layout.ours:
                continue  # One cell holds ours and the paper's.
            if row in layout.rows or column in filled:
                beside = [name for name, ours in layout.ours.items() if ours.beside == column]
                stands = f"beside {', '.join(beside)}" if beside else NOT_MEASURED
                note = layout.unmeasured.columns.get(column, stands)
                if column in filled:  # then its corpus is there, and what lacks is the row's
                    note = layout.unmeasured.rows.get(row, NOT_MEASURED)
                paper = layout.published(row, column)
                cell = {"row": row, "column": column, "scale": scale, "paper": paper, "note": note}
                if (row, column) in measured.index:
                    cell |= _measured(measured, row, column) | {"note": OWN}
                cells.append(cell)
    order = ["row", "column", "ours", "ci_low", "ci_high", "n", "seeds", "scale", "paper", "note"]
    frame = pd.DataFrame(cells).reindex(columns=order)
    return frame.astype({"n": "Int64", "seeds": "Int64"})


def _measured(measured: pd.DataFrame, row: str, column: str) -> dict[str, object]:
    values = measured.loc[(row, column)]
    known = {key: values[key] for key in ("ci_low", "ci_high", "n", "seeds")}
    return known | {"ours": values["value"]}


def readable(layout: ReferenceTable, frame: pd.DataFrame) -> pd.DataFrame:
    """Our columns as a person reads them: value, interval, and the paper's value in parentheses.

    Each column's head says how many questions stand behind its values, or that there are none; the
    note of a row that is measured in part is silent about such columns.
    """
    own = set(frame.loc[frame["note"] == OWN, "column"])
    # Where the paper's own columns are measured, those that stand for them say nothing.
    kept = [name for name, column in layout.ours.items() if column.beside not in own]
    ours = frame[frame["column"].isin([*kept, *own])]
    heads = {
        column: f"{column_head(layout, column)}{_questions(cells['n'])}"
        for column, cells in ours.groupby("column", sort=False)
    }
    there = set(ours.loc[ours["ours"].notna(), "column"])
    rows = []
    for name, cells in ours.groupby("row", sort=False):
        shown = {"row": name, "system": layout.labels[name]}
        for cell in cells.itertuples():
            shown[heads[cell.column]] = _with_interval(layout, cell)
        seeds = cells["seeds"].dropna()
        shown["seeds"] = str(seeds.max()) if len(seeds) else EMPTY
        told = cells["column"].isin(there) | cells["ours"].isna().all()
        missing = _missing(layout, cells[told])
        shown["note"] = "; ".join([CONTROL] * layout.is_control(name) + missing)
        rows.append(shown)
    return pd.DataFrame(rows)


def _missing(layout: ReferenceTable, cells: pd.DataFrame) -> list[str]:
    """Why cells of a row are empty, by reason: with the columns' names, unless all are."""
    empty = cells[cells["ours"].isna()]
    notes = empty.groupby("note", sort=False)["column"]
    if len(empty) == len(cells):
        return list(notes.groups)
    return [
        f"{', '.join(column_head(layout, c) for c in columns)}: {note}" for note, columns in notes
    ]


def column_head(layout: ReferenceTable, column: str) -> str:
    """What the reader sees above a column."""
    return (layout.ours[column].name if column in layout.ours else "") or column


def _questions(n: pd.Series) -> str:
    """How many questions a seed answered, over the rows of a column."""
    low, high = n.min(), n.max()
    if pd.isna(high):
        return ", not measured"
    if high == 1:
        return ""
    return f", n = {low:,}" + (f" to {high:,}" if high > low else "")


def _with_interval(layout: ReferenceTable, cell: object) -> str:
    paper = f" ({_number(layout, cell.paper)})" if pd.notna(cell.paper) else ""
    if pd.isna(cell.ours):
        return f"{EMPTY}{paper}"
    interval = f" [{_number(layout, cell.ci_low)}, {_number(layout, cell.ci_high)}]"
    return f"{_number(layout, cell.ours)}{interval * (cell.ci_low < cell.ci_high)}{paper}"


def to_latex(frame: pd.DataFrame) -> str:
    """Render a frame as a booktabs table."""
    style = frame.style.hide(axis="index").format(escape="latex")
    return style.to_latex(hrules=True, column_format="l" * len(frame.columns))


def _number(layout: ReferenceTable, value: float) -> str:
    if pd.isna(value):
        return EMPTY
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.{layout.decimals}f}"

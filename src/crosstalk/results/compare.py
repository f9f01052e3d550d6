"""What changed between two versions of the results, cell by cell."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

import pandas as pd

CELL = ["row", "column"]
VALUE = ["ours", "ci_low", "ci_high"]
INSIDE, OUTSIDE, NEW, GONE = "inside", "outside", "new", "gone"


def changed_cells(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Cells of a results table (see `crosstalk.results.tables`) whose value changed.

    Columns: row, column, the value and interval of both (suffix ``_before``), ``difference``, and
    ``verdict``: whether the value now lies inside the interval of before, or is new, or gone. A
    cell that was and is empty is not a change, nor is one whose interval alone moved.
    """
    # Only cells with a value of ours; the paper's own columns stand in the table as well.
    old, new = (frame.dropna(subset="ours").set_index(CELL)[VALUE] for frame in (before, after))
    cells = new.join(old, how="outer", rsuffix="_before", sort=False)
    cells = cells[cells["ours"].ne(cells["ours_before"])].reset_index()
    cells["difference"] = cells["ours"] - cells["ours_before"]
    within = cells["ours"].between(cells["ci_low_before"], cells["ci_high_before"])
    cells["verdict"] = within.map({True: INSIDE, False: OUTSIDE})
    cells.loc[cells["ours_before"].isna(), "verdict"] = NEW
    cells.loc[cells["ours"].isna(), "verdict"] = GONE
    return cells


def moved(before: Path, after: Path) -> pd.DataFrame:
    """How far the tables of cells moved between two ``results/<scale>``, one row a table.

    Columns: table, ``cells`` (with a value in either), ``moved`` (another value now), ``outside``
    (of these, how many left the interval of before, or are new, or gone), and ``furthest``, the
    largest difference, in the table's unit. The last row, ``claims``, counts verdicts.
    """
    rows = []
    for path in sorted(before.glob("*/tables/*.csv")):
        old, new = (pd.read_csv(root / path.relative_to(before)) for root in (before, after))
        if {*CELL, *VALUE} <= set(old.columns):
            cells = changed_cells(old, new)
            filled = [set(f.dropna(subset="ours").set_index(CELL).index) for f in (old, new)]
            rows.append(
                {
                    "table": f"{path.parts[-3]}/{path.stem}",
                    "cells": len(set.union(*filled)),
                    "moved": len(cells),
                    "outside": int(cells["verdict"].ne(INSIDE).sum()),
                    "furthest": cells["difference"].abs().max() if len(cells) else 0.0,
                }
            )
    verdicts = [
        pd.read_csv(root / "claims.csv").set_index("id")["verdict"] for root in (before, after)
    ]
    counts = {"cells": len(verdicts[0]), "moved": int(verdicts[0].ne(verdicts[1]).sum())}
    return pd.DataFrame([*rows, {"table": "claims"} | counts])


def report(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    """Lines of Markdown about two versions of ``results/<scale>``: CSV files by path.

    Tables of cells are compared cell by cell, claims by verdict, other tables row by row.
    """
    counts = dict.fromkeys((INSIDE, OUTSIDE, NEW, GONE), 0)
    sections: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, b""), after.get(path, b"")
        if old == new:
            continue
        old_frame, new_frame = _read(old), _read(new)
        heads = [frame for frame in (old_frame, new_frame) if len(frame.columns)]
        lines: list[str] = []
        if all({*CELL, *VALUE} <= set(frame.columns) for frame in heads):
            cells = changed_cells(
                *(f.reindex(columns=CELL + VALUE) for f in (old_frame, new_frame))
            )
            for verdict, count in cells["verdict"].value_counts().items():
                counts[verdict] += count
            lines = _cell_lines(cells)
        elif all({"id", "verdict"} <= set(frame.columns) for frame in heads):
            lines = _claim_lines(old_frame, new_frame)
        else:
            lines = [f"{_different_rows(old, new)} rows differ."]
        if lines:
            sections += ["", f"## {_name(path)}", "", *lines]
    yield (
        f"{sum(counts.values())} cells differ: {counts[OUTSIDE]} outside the interval of before, "
        f"{counts[INSIDE]} inside it; {counts[NEW]} are new, {counts[GONE]} are gone."
    )
    yield from sections


def _cell_lines(cells: pd.DataFrame) -> list[str]:
    if cells.empty:
        return []
    lines = ["| row | column | before | after | difference | |", "|---|---|---|---|---:|---|"]
    for cell in cells.itertuples():
        old = _value(cell.ours_before, cell.ci_low_before, cell.ci_high_before)
        new = _value(cell.ours, cell.ci_low, cell.ci_high)
        difference = f"{cell.difference:+.4g}" if pd.notna(cell.difference) else "–"
        shown = f"**{cell.verdict}**" if cell.verdict == OUTSIDE else cell.verdict
        lines.append(f"| {cell.row} | {cell.column} | {old} | {new} | {difference} | {shown} |")
    return lines


def _claim_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    old, new = (
        dict(zip(frame["id"], frame["verdict"], strict=True)) if len(frame) else {}
        for frame in (before, after)
    )
    lines = [
        f"| {claim} | {old.get(claim, '–')} | {new.get(claim, '–')} |"
        for claim in {**old, **new}
        if old.get(claim) != new.get(claim)
    ]
    return ["| claim | before | after |", "|---|---|---|", *lines] if lines else []


def _different_rows(before: bytes, after: bytes) -> int:
    old, new = set(before.splitlines()), set(after.splitlines())
    return max(len(old - new), len(new - old))


def _read(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data)) if data else pd.DataFrame()


def _value(value: float, low: float, high: float) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.4g} [{low:.4g}, {high:.4g}]" if low < high else f"{value:.4g}"


def _name(path: str) -> str:
    """``results/mini/chung2018/tables/table_3.csv`` is chung2018/table_3."""
    parts = PurePath(path).with_suffix("").parts[2:]
    return "/".join(part for part in parts if part != "tables")

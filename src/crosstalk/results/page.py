"""Small self-contained HTML pages, for the report and for a browser."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; margin: 1.5rem auto; padding: 0 1rem;
       max-width: 72rem; }
h1 { font-size: 1.15rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; text-align: left; border-bottom: 1px solid #dfe4ea;
         vertical-align: top; }
th { border-bottom: 2px solid #1d2733; cursor: pointer; } tr:hover td { background: #f4f6f9; }
th[aria-sort=ascending]::after { content: " ↑"; } th[aria-sort=descending]::after { content: " ↓"; }
td.good { color: #17703f; font-weight: 600; } td.fair { color: #2a6fb0; font-weight: 600; }
td.bad { color: #b3382c; font-weight: 600; } td.open { color: #8a94a0; }
p { color: #566271; font-size: .85rem; }
"""

# By the number that a cell begins with, else by its text; cells without a number come last.
SORT = """
for (const head of document.querySelectorAll("th")) head.onclick = () => {
  const down = head.ariaSort === "ascending", body = head.closest("table").tBodies[0];
  const text = row => row.cells[head.cellIndex].textContent;
  const number = row => parseFloat(text(row).replaceAll(",", ""));
  const order = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    const difference = x - y || text(a).localeCompare(text(b), "en", { numeric: true });
    return down ? -difference : difference;
  };
  body.append(...[...body.rows].sort(order));
  for (const other of head.parentNode.cells) other.ariaSort = "none";
  head.ariaSort = down ? "descending" : "ascending";
};
"""


def write_page(
    path: Path,
    title: str,
    frame: pd.DataFrame,
    notes: Sequence[str] = (),
    marks: Mapping[str, str] | None = None,
) -> None:
    """Write a table under a title, with notes (plain text) below it."""
    body = f"<h1>{html.escape(title)}</h1>{table(frame, marks)}{paragraphs(notes)}"
    write_document(path, title, body)


def write_document(path: Path, title: str, body: str, style: str = "") -> None:
    """Write a page of ``body`` (HTML), whose tables sort by a click on a column."""
    path.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{STYLE}{style}</style>{body}"
        f"<script>{SORT}</script></html>\n"
    )


def table(frame: pd.DataFrame, marks: Mapping[str, str] | None = None) -> str:
    """Return a table as HTML.

    ``marks`` gives cells of a certain text a class of the style: good, fair, bad or open.
    """
    text = frame.to_html(index=False, border=0)
    for content, kind in (marks or {}).items():
        cell = f"<td>{html.escape(content)}</td>"
        text = text.replace(cell, cell.replace("<td>", f"<td class={kind}>"))
    return f"<div class=wide>{text}</div>"


def paragraphs(notes: Sequence[str]) -> str:
    """Return plain text as HTML, a paragraph each."""
    return "".join(f"<p>{html.escape(note)}</p>" for note in notes)

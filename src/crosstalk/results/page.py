"""A small self-contained HTML page around one table, for the report and for a browser."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; margin: 1.5rem auto; padding: 0 1rem;
       max-width: 72rem; }
h1 { font-size: 1.15rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; text-align: left; border-bottom: 1px solid #dfe4ea;
         vertical-align: top; }
th { border-bottom: 2px solid #1d2733; } tr:hover td { background: #f4f6f9; }
p { color: #566271; font-size: .85rem; }
"""


def write_page(path: Path, title: str, body: str, notes: Sequence[str] = ()) -> None:
    """Write ``body`` (HTML) under a title, with notes (plain text) below it."""
    below = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    path.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><div class=wide>{body}</div>{below}</html>\n"
    )

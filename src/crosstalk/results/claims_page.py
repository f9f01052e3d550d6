"""The claims as a page of the documentation tells them, with links to what they rest on.

In Markdown, whose links start from ``docs/``. Frames are of ``claims.csv``, which
`crosstalk.results.claims` writes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crosstalk.results.claims import (
    NOT_REPRODUCED,
    NOT_TESTABLE,
    REPRODUCED,
    SAME_DIRECTION,
    readable,
)

HEADINGS = {
    REPRODUCED: "What holds",
    SAME_DIRECTION: "What points the paper's way, without proof",
    NOT_REPRODUCED: "What does not hold here",
    NOT_TESTABLE: "What cannot be tested here, and why",
}


def reading_order(frame: pd.DataFrame) -> str:
    """Tell all claims for a newcomer: what holds first, then what does not and what nobody can say.

    What cannot be tested stands under the reason that it shares with others.
    """
    parts = []
    for verdict, heading in HEADINGS.items():
        own = frame[frame["verdict"] == verdict]
        counts = own["origin"].value_counts()
        told = f"Claims of the papers: {counts.get('paper', 0)}; ours: {counts.get('ours', 0)}."
        parts.append(f"### {heading}\n\n{told}\n")
        for paper, claims in own.groupby("paper", sort=False):
            told = _by_reason(claims) if verdict == NOT_TESTABLE else _told(claims)
            parts.append(f"[{paper}]({paper}.md):\n\n{told}\n")
    return "\n".join(parts)


def linked(frame: pd.DataFrame) -> str:
    """Return all that is known of the claims as a table, with links to where it comes from."""
    shown = readable(frame)
    shown["table"] = [_table(place) for place in frame["table"]]
    shown.insert(
        shown.columns.get_loc("seeds"), "scale", [Path(p).parts[1] for p in frame["table"]]
    )
    shown["figure"] = [_figure(place) for place in frame["table"]]
    shown["rule"] = [
        f"[`write_tables_{paper}`](../workflow/rules/results.smk)" for paper in frame["paper"]
    ]
    return shown.drop(columns="paper").to_markdown(index=False) + "\n"


def _told(claims: pd.DataFrame) -> str:
    values = readable(claims)["ours"]
    return "\n".join(
        f"- {_statement(claim)}: {ours} ({_table(claim.table)})"
        for claim, ours in zip(claims.itertuples(), values, strict=True)
    )


def _by_reason(claims: pd.DataFrame) -> str:
    lines = []
    for reason, same in claims.groupby("reason", sort=False):
        lines.append(f"- {reason[0].upper()}{reason[1:]}. So these wait:")
        lines += [f"  - {_statement(c)} ({_table(c.table)})" for c in same.itertuples()]
    return "\n".join(lines)


def _statement(claim: object) -> str:
    return f"{claim.statement} (ours)" if claim.origin == "ours" else claim.statement


def _table(place: str) -> str:
    return f"[{Path(place).stem}](../{Path(place).with_suffix('.md')})"


def _figure(place: str) -> str:
    """Link to the figure of a table, if it has one."""
    drawn = Path(place).parents[1] / "figures" / f"{Path(place).stem}.png"
    return f"[{drawn.stem}](../{drawn})" if drawn.exists() else "–"

"""What the corpora hold: one table and one figure."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from crosstalk.params.present import PresentParams
from crosstalk.results.page import write_page
from crosstalk.results.style import distinct, figure, save
from crosstalk.results.tables import to_latex
from crosstalk.stage import Input, Output

LEAST_SHARE = 0.01
"""Languages with a smaller share of the largest one are counted in the axis label, not drawn."""

COUNTS = ["utterances", "speakers", "words", "vocabulary", "rejected"]


def write_corpora_table(
    *, scale: str, corpora: Input, csv: Output, markdown: Output, latex: Output, html: Output
) -> None:
    """Write hours, utterances, speakers, words and vocabulary by source and language."""
    frame = pd.read_csv(corpora, keep_default_na=False, na_values=[""])
    frame.to_csv(csv, index=False, float_format="%.4f")
    shown = frame.copy()
    shown["hours"] = [f"{hours:.2f}" if pd.notna(hours) else "–" for hours in frame["hours"]]
    for name in COUNTS:
        shown[name] = [f"{value:,.0f}" if pd.notna(value) else "–" for value in frame[name]]
    markdown.write_text(shown.to_markdown(index=False, disable_numparse=True) + "\n")
    latex.write_text(to_latex(shown))
    notes = [
        "Words are counted by the tokenisation that all rooms share. Rejected recordings are "
        "broken, silent, without a transcript, or of a length that cannot fit it; each is listed "
        "with its reason in rejected.csv beside the corpus.",
    ]
    write_page(html, f"Corpora, scale {scale}", shown, notes)


def plot_corpora(*, cfg: PresentParams, corpora: Input, png: Output, pdf: Output) -> None:
    """Draw hours of speech and words of text, stacked by source, for every language."""
    frame = pd.read_csv(corpora, keep_default_na=False, na_values=[""])
    speech = frame[frame["kind"] == "speech"]
    text = frame[frame["kind"] == "text"].assign(thousands=lambda f: f["words"] / 1000)
    with figure(7.2, 5.4, 2, 1) as (drawn, (above, below)):
        _stack(above, speech, "hours", "hours of speech")
        _stack(below, text, "thousands", "thousand words of text")
        save(drawn, png, pdf, cfg.dpi)


def _stack(axes: Axes, frame: pd.DataFrame, value: str, label: str) -> None:
    wide = frame.pivot_table(index="language", columns="source", values=value, aggfunc="sum")
    wide = wide.fillna(0.0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    total = wide.sum(axis=1)
    drawn = total >= LEAST_SHARE * total.max()
    left_out = int((~drawn).sum())
    wide = wide.loc[drawn, wide[drawn].sum() > 0]
    bottom = pd.Series(0.0, index=wide.index)
    for source, look in distinct(wide.columns, hatch=("", "//", "..")).items():
        axes.bar(wide.index, wide[source], bottom=bottom, label=source, width=0.7, **look)
        bottom += wide[source]
    axes.grid(axis="x", visible=False)
    axes.set_ylabel(label)
    axes.set_xlabel(
        "language" + (f" ({left_out} with less than 1 % not drawn)" if left_out else "")
    )
    axes.legend(fontsize=7.5)

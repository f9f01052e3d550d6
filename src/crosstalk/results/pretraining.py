"""What pretraining did: its curves, and what it is worth by the hours of audio in a language."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, NullFormatter

from crosstalk.corpora.parquet import read_columns
from crosstalk.params.present import PresentParams
from crosstalk.results.reference import read_reference
from crosstalk.results.style import BLUE, GREY, RED, figure, save
from crosstalk.stage import Input, Output

COMPARED = {"From scratch": GREY, "XLSR-Monolingual": RED, "XLSR-10": BLUE}
ASIDE = 1.03
"""Factor between points of one language, whose hours are the same."""


def plot_pretraining(
    *, cfg: PresentParams, names: list[str], histories: list[Input], png: Output, pdf: Output
) -> None:
    """Draw contrastive loss, accuracy and code perplexity; ``names`` and ``histories`` belong."""
    columns = {
        "contrastive": "contrastive loss (nats)",
        "accuracy": "targets told from distractors",
        "code_perplexity": "codes in use (perplexity)",
    }
    with figure(8.4, 2.9, 1, 3) as (drawn, axes):
        for panel, (column, title) in zip(axes, columns.items(), strict=True):
            for name, path in zip(names, histories, strict=True):
                history = pd.read_csv(path)
                panel.plot(history["step"], history[column], lw=1.3, label=name)
            panel.set_title(title, loc="left", fontsize=9)
            panel.set_xlabel("updates")
        axes[1].set_ylim(0, 1)
        axes[2].set_ylim(bottom=0)
        known = dict(zip(*axes[0].get_legend_handles_labels()[::-1], strict=True))
        drawn.legend(known.values(), known, loc="outside lower center", ncols=6, fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def count_hours(*, cuts: Input, hours: Output) -> None:
    """Write the hours of training audio of each language, CSV: ``language``, ``hours``.

    ``cuts`` is of `crosstalk.speech.packed`.
    """
    heard = read_columns(cuts, ("language", "split", "seconds"), others=True)
    seconds = heard[heard["split"] == "train"].groupby("language")["seconds"].sum()
    (seconds / 3600).rename("hours").to_csv(hours, float_format="%.4f")


def plot_hours(
    *,
    cfg: PresentParams,
    table: Input,
    reference: Input,
    heard: Input,
    png: Output,
    pdf: Output,
) -> None:
    """Draw the error of each language against the audio of it that pretraining can hear."""
    layout = read_reference(reference).tables["table_1"]
    frame = pd.read_csv(table)
    hours = pd.read_csv(heard, index_col="language", keep_default_na=False)["hours"]
    with figure(4.6, 3.2) as (drawn, axes):
        lowest = np.inf
        for place, (row, colour) in enumerate(COMPARED.items()):
            cells = frame[(frame["row"] == row) & frame["ours"].notna()]
            cells = cells[cells["column"].str.lower().isin(hours.index)]
            # Side by side, so that none hides another.
            x = hours[cells["column"].str.lower()].to_numpy() * ASIDE ** (place - 1)
            error = [cells["ours"] - cells["ci_low"], cells["ci_high"] - cells["ours"]]
            style = {"fmt": "o", "ms": 4.5, "capsize": 2, "color": colour}
            axes.errorbar(x, cells["ours"], yerr=error, label=layout.labels[row], **style)
            lowest = min(lowest, cells["ci_low"].min())
        for column in frame.loc[frame["ours"].notna(), "column"].str.lower().unique():
            if column in hours.index:
                at = (hours[column], lowest)
                where = {"xytext": (0, -12), "textcoords": "offset points", "ha": "center"}
                axes.annotate(column, at, fontsize=8, color=GREY, **where)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("hours of the language without labels")
        axes.set_ylabel(f"{layout.metric} ({layout.unit})")
        axes.margins(y=0.14)
        axes.legend(fontsize=7)
        save(drawn, png, pdf, cfg.dpi)

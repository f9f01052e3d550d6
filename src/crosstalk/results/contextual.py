"""Figures of contextual alignment beyond those that every table has."""

from __future__ import annotations

import pandas as pd

from crosstalk.params.present import PresentParams
from crosstalk.results.reference import read_reference
from crosstalk.results.style import BLUE, CYCLE, GREY, INK, ORANGE, figure, save
from crosstalk.stage import Input, Output

MARKERS = "osD^vP*X<>h"


def plot_related(
    *, cfg: PresentParams, related: Input, correlation: Input, png: Output, pdf: Output
) -> None:
    """Draw transfer against retrieval: a colour a language, a marker a system."""
    frame = pd.read_csv(related)
    found = pd.read_csv(correlation).set_index(["row", "column"])
    r = found.loc[("pearson", "systems and languages")]
    title = f"Pearson r = {r['ours']:.2f} [{r['ci_low']:.2f}, {r['ci_high']:.2f}]"
    with figure(6.4, 4.0) as (drawn, axes):
        languages, systems = sorted(frame["language"].unique()), frame["system"].unique()
        colours = dict(zip(languages, CYCLE[: len(languages)], strict=True))
        markers = dict(zip(systems, MARKERS[: len(systems)], strict=True))
        for point in frame.itertuples():
            style = {"marker": markers[point.system], "color": colours[point.language]}
            axes.scatter(point.retrieval, point.transfer, s=34, alpha=0.85, **style)
        for language, colour in colours.items():
            axes.plot([], [], "o", color=colour, label=language)
        for system, marker in markers.items():
            axes.plot([], [], marker, ls="", color=GREY, label=system.replace("_", " "))
        axes.set_xlabel("words retrieved (%)")
        axes.set_ylabel("messages classified (%)")
        axes.set_title(title, loc="left", fontsize=10)
        drawn.legend(loc="outside right center", fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def plot_sizes(
    *, cfg: PresentParams, amounts: Input, reference: Input, png: Output, pdf: Output
) -> None:
    """Draw retrieval and transfer against the number of sentence pairs, none at the left."""
    layout = read_reference(reference).tables["size"]
    frame = pd.read_csv(amounts)
    measured = set(frame.loc[frame["ours"].notna(), "column"])
    wide = frame.pivot_table(index="row", columns="column", values=["ours", "ci_low", "ci_high"])
    wide = wide.loc[[row for row in layout.labels if row in wide.index]]
    place = range(len(wide))
    labels = [f"{pairs:,.0f}" for pairs in wide["ours", "pairs"]]
    panels = {
        "word retrieval": {"word retrieval": BLUE},
        "zero-shot transfer": {"en": GREY, "avg": ORANGE, "bg": CYCLE[2], "fr": CYCLE[5]},
    }
    with figure(7.2, 3.0, 1, 2) as (drawn, axes):
        for axis, (title, lines) in zip(axes, panels.items(), strict=True):
            for ours, colour in lines.items():
                own = layout.ours[ours].beside  # measured where the paper's corpora are asked
                column = own if own in measured else ours
                name = layout.ours[ours].name or ours
                axis.plot(place, wide["ours", column], "o-", color=colour, ms=4, label=name)
                low, high = wide["ci_low", column], wide["ci_high", column]
                axis.fill_between(place, low, high, color=colour, alpha=0.15)
            axis.set_xticks(place, labels)
            axis.set_xlabel("sentence pairs of each language")
            axis.set_title(f"{title} (%)", loc="left", fontsize=9, color=INK)
        axes[1].legend(fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)

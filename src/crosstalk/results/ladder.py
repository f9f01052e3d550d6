"""The ladder of controls as one figure, and how many known pairs each of its maps needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from crosstalk.params.present import PresentParams
from crosstalk.results.metrics import ALL, read_metrics
from crosstalk.results.reference import read_reference
from crosstalk.results.style import BLUE, GREEN, ORANGE, RED, distinct, figure, save
from crosstalk.stage import Input, Output

METHODS = {
    "supervised": BLUE,
    "adversarial": ORANGE,
    "self-learning": GREEN,
    "wasserstein": RED,
}


def plot_ladder(
    *,
    cfg: PresentParams,
    ladder: Input,
    success: Input,
    metrics: Input,
    reference: Input,
    png: Output,
    pdf: Output,
) -> None:
    """Draw every rung: what each map answers rightly, and which share of restarts succeeds.

    Of the latter also each seed, from ``metrics``: a mean of a half may be all of one seed's.
    """
    layout = read_reference(reference).tables["ladder"]
    scores, reached = pd.read_csv(ladder), pd.read_csv(success)
    measured = read_metrics(metrics)
    alone = measured[(measured["table"] == "success") & (measured["seed"] != ALL)]
    rungs = [r for r in layout.labels if scores.loc[scores["row"] == r, "ours"].notna().any()][::-1]
    with figure(8.4, 0.5 * len(rungs) + 1.4, 1, 2, sharey=True, width_ratios=[3, 2]) as (
        drawn,
        (left, right),
    ):
        for place, (method, colour) in enumerate(METHODS.items()):
            offset = 0.27 - 0.18 * place
            for axes, frame in ((left, scores), (right, reached)):
                cells = frame[frame["column"] == method].set_index("row").reindex(rungs)
                if cells["ours"].isna().all():
                    continue
                error = [cells["ours"] - cells["ci_low"], cells["ci_high"] - cells["ours"]]
                style = {"fmt": "o", "ms": 4.5, "capsize": 2, "color": colour, "label": method}
                axes.errorbar(cells["ours"], np.arange(len(rungs)) + offset, xerr=error, **style)
            seeds = alone[alone["column"] == method].pivot_table(
                index="row", columns="seed", values="value"
            )
            # Side by side, so that seeds of one value do not hide each other.
            for aside, seed in enumerate(seeds, start=-(len(seeds.columns) // 2)):
                places = np.arange(len(rungs)) + offset - 0.05 * aside
                dot = {"ms": 3, "mfc": "white", "mew": 0.8, "color": colour, "zorder": 3}
                right.plot(seeds[seed].reindex(rungs), places, "o", **dot)
        left.set_yticks(range(len(rungs)), [layout.labels[rung] for rung in rungs])
        for line in np.arange(len(rungs) - 1) + 0.5:
            left.axhline(line, color="#E3E6EA", lw=0.8)
            right.axhline(line, color="#E3E6EA", lw=0.8)
        for axes, title in (
            (left, "held-out words answered rightly (%)"),
            (right, "restarts that succeed (%)\nsmall: each seed"),
        ):
            axes.set_xlim(-3, 103)
            axes.set_xlabel(title)
            axes.grid(axis="y", visible=False)
        drawn.suptitle("Where alignment breaks", x=0.01, ha="left", fontsize=10)
        known = dict(zip(*left.get_legend_handles_labels()[::-1], strict=True))
        drawn.legend(known.values(), known, loc="outside lower center", ncols=4, fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def gather_supervision(*, rungs: list[str], curves: list[Input], summary: Output) -> None:
    """Put the supervision curves of all rungs and seeds together.

    ``rungs`` and ``curves`` run in parallel. Columns: rung, pairs, refined (0 or 1), metric,
    precision (share of held-out words), low and high (95 %, normal approximation), n.
    """
    parts = [
        pd.read_csv(path, keep_default_na=False).assign(rung=rung)
        for rung, path in zip(rungs, curves, strict=True)
    ]
    keys = ["rung", "pairs", "refined", "metric"]
    groups = pd.concat(parts).groupby(keys, sort=False)["correct"]
    frame = groups.agg(precision="mean", n="size").reset_index()
    margin = 1.96 * np.sqrt(frame["precision"] * (1 - frame["precision"]) / frame["n"])
    frame["low"] = (frame["precision"] - margin).clip(lower=0)
    frame["high"] = (frame["precision"] + margin).clip(upper=1)
    frame.to_csv(summary, index=False, float_format="%.4f")


def plot_supervision(
    *, cfg: PresentParams, summary: Input, reference: Input, png: Output, pdf: Output
) -> None:
    """Draw precision on held-out words against the number of known pairs, a line a rung.

    A line ends where a rung has no more pairs. The upright scale is of square roots, because most
    rungs answer little and would lie on one another.
    """
    labels = read_reference(reference).tables["ladder"].labels
    frame = pd.read_csv(summary)
    frame = frame[frame["metric"] == "csls"]
    rungs = [rung for rung in labels if rung in set(frame["rung"])]
    looks = distinct(rungs, linestyle=("-", "--", ":"))
    with figure(7.2, 4.8, 1, 2, sharey=True) as (drawn, panels):
        for axes, refined, title in zip(
            panels, (0, 1), ("Procrustes", "Procrustes, then refined"), strict=True
        ):
            for rung, look in looks.items():
                line = frame[(frame["rung"] == rung) & (frame["refined"] == refined)]
                axes.plot(line["pairs"], 100 * line["precision"], marker="o", ms=3, lw=1.3, **look)
                axes.fill_between(
                    line["pairs"],
                    100 * line["low"],
                    100 * line["high"],
                    color=look["color"],
                    alpha=0.1,
                )
            axes.set_xscale("log")
            axes.set_xticks(sorted(frame["pairs"].unique()))
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlabel("known word pairs")
            axes.set_title(title, loc="left", fontsize=9)
        panels[0].set_ylabel("held-out words answered rightly (%)")
        panels[0].set_yscale("function", functions=(_root, _squared))
        panels[0].set_ylim(-0.3, 104)
        panels[0].set_yticks([0, 1, 5, 10, 20, 40, 60, 80, 100])
        names = [labels[rung] for rung in rungs]
        drawn.legend(
            panels[0].get_lines(), names, loc="outside lower center", ncols=2, fontsize=7.5
        )
        save(drawn, png, pdf, cfg.dpi)


def _root(percent: np.ndarray) -> np.ndarray:
    """Square root with the sign kept, so that the axis can begin a little below nought."""
    return np.sign(percent) * np.sqrt(np.abs(percent))


def _squared(root: np.ndarray) -> np.ndarray:
    return root * np.abs(root)

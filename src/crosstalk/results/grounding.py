"""Figures of visually grounded models: gaps and gains, layers, what captions retrieve, a map."""

from __future__ import annotations

from textwrap import shorten

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crosstalk.corpora.parquet import read_columns
from crosstalk.params.present import PresentParams
from crosstalk.results.metrics import pooled, read_metrics
from crosstalk.results.reference import ReferenceTable, read_reference
from crosstalk.results.style import BLUE, CYCLE, GREEN, GREY, INK, ORANGE, RED, figure, save
from crosstalk.stage import Input, Output

HEADLINES = ["gap_audio", "gap_grounded", "gain_mono", "gain_bi"]
# Within and across speakers: table, opacity of its bars, and where they stand beside the place.
SPEAKERS = {"within speakers": ("gap", 0.4, -0.19), "across speakers": ("gap_across", 1.0, 0.19)}
LAYERED = {
    "mono SSL_A": (BLUE, "--"),
    "mono VGS+": (BLUE, "-"),
    "bi SSL_A": (ORANGE, "--"),
    "bi VGS+": (ORANGE, "-"),
}
PICTURES = ("item", "category", "width", "height", "pixels")
CLOSE = "close pair"
NAMED = 14
"""Points of the map that carry their caption."""
CAPTION = 32
"""Characters of a caption on the map."""


def plot_gap(
    *,
    cfg: PresentParams,
    metrics: Input,
    reference: Input,
    histories: list[Input],
    gap_png: Output,
    gap_pdf: Output,
    layers_png: Output,
    layers_pdf: Output,
    training_png: Output,
    training_pdf: Output,
) -> None:
    """Draw gaps and gains beside the paper's, errors by layer, and training curves."""
    measured = pooled(read_metrics(metrics))
    _draw_gap(cfg, measured, read_reference(reference).tables["gap"], gap_png, gap_pdf)
    _draw_layers(cfg, measured, layers_png, layers_pdf)
    _draw_training(cfg, histories, training_png, training_pdf)


def pick_pictures(*, retrieved: Input, pictures: Input, picked: Output) -> None:
    """Keep the pictures (Parquet, `PICTURES`) that captions retrieved: a figure needs no others."""
    table = read_columns(pictures, PICTURES)
    kept = table[table["item"].isin(pd.read_csv(retrieved)["item"])]
    kept.reset_index(drop=True).to_parquet(picked, index=False)


def plot_shared_space(
    *,
    cfg: PresentParams,
    retrieved: Input,
    projection: Input,
    pictures: Input,
    retrieval_png: Output,
    retrieval_pdf: Output,
    map_png: Output,
    map_pdf: Output,
) -> None:
    """Draw which pictures captions retrieve, and where captions and pictures lie."""
    table = read_columns(pictures, PICTURES).set_index("item")
    _draw_retrieval(cfg, pd.read_csv(retrieved), table, retrieval_png, retrieval_pdf)
    _draw_map(cfg, pd.read_csv(projection), map_png, map_pdf)


def _draw_gap(
    cfg: PresentParams, measured: pd.DataFrame, layout: ReferenceTable, png: Output, pdf: Output
) -> None:
    """Bars of the four ratios, a panel a column; the paper's value is a diamond."""
    there = [c for c in layout.ours if ("gap", HEADLINES[0], c) in measured.index]
    if CLOSE not in there:
        there = there[:1]  # of one pair, all pairs are that pair
    with figure(
        max(4.6, 2.6 + 2.0 * len(there)), 3.2, 1, len(there), sharey=True, squeeze=False
    ) as (
        drawn,
        (panels,),
    ):
        for panel, column in zip(panels, there, strict=True):
            place = np.arange(len(HEADLINES))
            for label, (table, opacity, beside) in SPEAKERS.items():
                if (table, HEADLINES[0], column) not in measured.index:
                    continue  # one reader a language has nobody to be compared with
                cells = measured.loc[[(table, name, column) for name in HEADLINES]]
                error = [cells["value"] - cells["ci_low"], cells["ci_high"] - cells["value"]]
                panel.bar(
                    place + beside,
                    cells["value"],
                    yerr=error,
                    color=[GREY, GREEN, BLUE, ORANGE],
                    alpha=opacity,
                    width=0.36,
                    capsize=2.5,
                    error_kw={"lw": 1.0},
                    label=label,
                )
            paper = [layout.published(name, layout.ours[column].beside) for name in HEADLINES]
            if any(value is not None for value in paper):
                panel.plot(place, paper, "D", mfc="none", color=INK, ms=5, label="paper")
            panel.axhline(0, color=INK, lw=0.8)
            panel.set_xticks(place, ["y", "w", "x", "z"])
            panel.set_title(layout.ours[column].name or column, fontsize=8.5)
        panels[0].set_ylabel("%")
        names = [layout.labels[name] for name in HEADLINES]
        lines = ["      ".join(names[:2]), "      ".join(names[2:])]
        drawn.supxlabel("\n".join(lines), fontsize=7)
        title = "The multilingual gap, and what pictures gain"
        drawn.suptitle(title, x=0.01, ha="left", fontsize=10)
        legend = panels[0].get_legend_handles_labels()
        drawn.legend(*legend, loc="outside upper right", fontsize=7, ncols=3)
        save(drawn, png, pdf, cfg.dpi)


def _draw_layers(cfg: PresentParams, measured: pd.DataFrame, png: Output, pdf: Output) -> None:
    """Error of phones by layer for the paper's four kinds of model, baselines as lines."""
    table = measured.loc["layers"].reset_index()
    table["layer"] = table["column"].str.removeprefix("layer ").astype(int)
    with figure(5.2, 3.4) as (drawn, axes):
        for row, (colour, line) in LAYERED.items():
            cells = table[table["row"] == row].sort_values("layer")
            axes.plot(
                cells["layer"], cells["value"], line, marker="o", ms=4, color=colour, label=row
            )
            axes.fill_between(
                cells["layer"], cells["ci_low"], cells["ci_high"], color=colour, alpha=0.1, lw=0
            )
        cells = table[table["row"] == "untrained"].sort_values("layer")
        axes.plot(cells["layer"], cells["value"], ":", color=GREY, label="untrained")
        for row, colour in (("MFCC", RED), ("log-mel", GREEN)):
            value = table.loc[table["row"] == row, "value"].iloc[0]
            axes.axhline(value, color=colour, lw=1, ls="-.", label=row)
        axes.set_xticks(sorted(table["layer"].unique()))
        axes.set_xlabel("block")
        axes.set_ylabel("ABX error of phones (%)")
        axes.set_title("Phone discrimination, all pairs", loc="left", fontsize=10)
        drawn.legend(loc="outside lower left", ncols=4, fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def _draw_training(cfg: PresentParams, histories: list, png: Output, pdf: Output) -> None:
    """Masked and matching loss; a file's name says whose speech was heard."""
    with figure(8.4, 3.2, 1, 2) as (drawn, (left, right)):
        for path, colour in zip(histories, CYCLE[: len(histories)], strict=True):
            history = pd.read_csv(path)
            name = path.stem.rsplit("-seed", 1)[0]
            alone = history[history["variant"].isin(["first", "alone"])]
            left.plot(alone["step"], alone["masked"], color=colour, lw=1.2, label=name)
            matched = history[history["variant"] == "pictures"]
            if len(matched):
                left.plot(matched["step"], matched["masked"], ":", color=colour, lw=1.2)
                right.plot(matched["step"], matched["matching"], color=colour, lw=1.2)
        left.set_title("masked loss (dotted: with pictures)", loc="left", fontsize=9)
        right.set_title("matching loss", loc="left", fontsize=9)
        for axes in (left, right):
            axes.set_xlabel("update")
        left.set_ylabel("nats")
        drawn.legend(*left.get_legend_handles_labels(), loc="outside right upper", fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def _draw_retrieval(
    cfg: PresentParams, shown: pd.DataFrame, pictures: pd.DataFrame, png: Output, pdf: Output
) -> None:
    """A row a spoken caption: its text, then the pictures nearest to it."""
    queries = list(shown.groupby(["split", "language", "caption", "english"], sort=False))
    most = int(shown["place"].max())
    with figure(
        2.2 + 0.95 * most, 0.95 * len(queries) + 0.6, len(queries), most + 1,
        squeeze=False, width_ratios=[2.2, *[1] * most],
    ) as (drawn, grid):  # fmt: skip
        for row, ((split, language, caption, english), answers) in zip(grid, queries, strict=True):
            unseen = "unseen" if split == "test" else "trained on"
            text = f"{caption}\n({english})\n{language}, {unseen}"
            row[0].text(1, 0.5, text, ha="right", va="center", fontsize=7, color=INK, wrap=True)
            row[0].axis("off")
            for axes, answer in zip(row[1:], answers.itertuples(), strict=True):
                _picture(axes, pictures.loc[answer.item], right=answer.right)
        title = "Pictures nearest to spoken captions (framed: the right one)"
        drawn.suptitle(title, x=0.01, ha="left", fontsize=10)
        save(drawn, png, pdf, cfg.dpi)


def _picture(axes: Axes, picture: pd.Series, *, right: bool) -> None:
    pixels = np.frombuffer(picture["pixels"], np.uint8)
    axes.imshow(pixels.reshape(picture["height"], picture["width"], 3))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=right, color=GREEN, linewidth=2.5)


def _draw_map(cfg: PresentParams, points: pd.DataFrame, png: Output, pdf: Output) -> None:
    """Captions of each language and pictures on the plane of their greatest variance."""
    with figure(6.4, 5.0) as (drawn, axes):
        kinds = points["kind"].unique()
        looks = [(GREY, "s"), (BLUE, "^"), (ORANGE, "o"), (GREEN, "v")]
        for kind, (colour, marker) in zip(kinds, looks[: len(kinds)], strict=True):
            mine = points[points["kind"] == kind]
            label = "pictures" if kind == "picture" else f"captions, {kind}"
            axes.scatter(
                mine["x"], mine["y"], s=13, color=colour, marker=marker, label=label, alpha=0.8
            )
        wide = points[points["kind"] != "picture"].merge(
            points[points["kind"] == "picture"], on="item", suffixes=("", "_picture")
        )
        axes.plot(
            wide[["x", "x_picture"]].to_numpy().T, wide[["y", "y_picture"]].to_numpy().T,
            color=GREY, lw=0.3, alpha=0.5, zorder=0,
        )  # fmt: skip
        named = points[points["kind"] == "picture"].reset_index(drop=True)
        middle = (points["x"].min() + points["x"].max()) / 2
        for point in named.loc[_far_apart(named[["x", "y"]].to_numpy(), NAMED)].itertuples():
            left = point.x < middle
            text = axes.annotate(
                shorten(point.english, CAPTION, placeholder=" …"),
                (point.x, point.y),
                xytext=(4 if left else -4, 3),
                textcoords="offset points",
                ha="left" if left else "right",
                fontsize=6.5,
                color=INK,
            )
            text.set_in_layout(False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title("Unseen captions and pictures in the shared space", loc="left", fontsize=10)
        drawn.legend(loc="outside lower left", ncols=4, fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def _far_apart(places: np.ndarray, count: int) -> list[int]:
    """Choose up to ``count`` of places [n, 2], each as far as can be from those before it."""
    chosen = [0]
    nearest = np.linalg.norm(places - places[0], axis=1)
    while len(chosen) < min(count, len(places)):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return chosen

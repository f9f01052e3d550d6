"""Do close languages share codes? Distances between languages as numbers and as a map."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from crosstalk.corpora.parquet import read_columns
from crosstalk.evaluation.bootstrap import bootstrap_mean
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.present import PresentParams
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.results.style import CYCLE, figure, save
from crosstalk.stage import Input, Output
from crosstalk.xlsr.distances import USAGE_COLUMNS, js_distances

BRANCHES = {
    "Romance": ("ca", "es", "fr", "it", "pt", "ro"),
    "Slavic": ("be", "bg", "cs", "pl", "ru", "uk"),
    "Germanic": ("da", "de", "en", "nl", "sv"),
    "Greek": ("el",),
    "Baltic": ("lt", "lv"),
    "Turkic": ("ky", "tr", "tt"),
    "Sinitic": ("zh",),
}
"""Branches of language families, by ISO 639-1 code."""
LEAST_FRAMES = 200
"""Of a language; of fewer, distances are the noise of a sample: 121 frames drawn at random from a
language's own lie at some 0.35 from it, as far as other languages do."""
_BRANCH = {language: branch for branch, members in BRANCHES.items() for language in members}


def score_sharing(
    *, cfg: EvaluationParams, seeds: list[str], usages: list[Input], measures: Output
) -> None:
    """Measure mean distances between languages of one branch and of different ones (stage).

    ``usages`` are of `crosstalk.xlsr.codes`, one a seed. Intervals resample pairs of languages,
    and seeds. Languages of fewer than `LEAST_FRAMES` frames are left out, here and in the figure.
    """
    pairs = pd.concat(
        _pairs(read_columns(path, USAGE_COLUMNS)).assign(seed=seed)
        for seed, path in zip(seeds, usages, strict=True)
    )
    rows = []
    for kin, name in ((True, "same branch"), (False, "different branches")):
        part = pairs[pairs["kin"] == kin]
        for seed in [*seeds, ALL]:
            some = part if seed == ALL else part[part["seed"] == seed]
            if some.empty:
                continue
            found = bootstrap_mean(
                some["distance"].to_numpy(),
                some["pair"].to_numpy(),
                seeds=some["seed"].to_numpy(),
                level=cfg.level,
                resamples=cfg.resamples,
                seed=cfg.bootstrap_seed,
            )
            rows.append(
                {
                    "table": "sharing",
                    "row": name,
                    "column": "ALL",
                    "seed": seed,
                    "value": found.value,
                    "ci_low": min(found.low, found.value),
                    "ci_high": max(found.high, found.value),
                    "n": some["pair"].nunique(),
                    "seeds": some["seed"].nunique(),
                    "unit": "",
                }
            )
    frame = pd.DataFrame(rows, columns=list(METRICS.columns))
    METRICS.validate(frame).to_csv(measures, index=False, float_format="%.4f")


def plot_sharing(*, cfg: PresentParams, usages: list[Input], png: Output, pdf: Output) -> None:
    """Draw distances between languages, and a plane that keeps them as well as a plane can."""
    tables = [_enough(read_columns(path, USAGE_COLUMNS)) for path in usages]
    distances = sum(js_distances(table) for table in tables) / len(tables)
    languages = list(distances.index)
    matrix = distances.to_numpy()
    order = np.arange(len(languages))
    if len(languages) > 2:
        order = leaves_list(linkage(squareform(matrix, checks=False), "average"))
    shown = [languages[i] for i in order]
    with figure(8.4, 3.9, 1, 2) as (drawn, (left, right)):
        image = left.imshow(matrix[np.ix_(order, order)], cmap="cividis_r")
        left.set_xticks(range(len(shown)), shown)
        left.set_yticks(range(len(shown)), shown)
        left.grid(visible=False)
        left.set_title("Distance between codes used", loc="left", fontsize=9.5)
        drawn.colorbar(image, ax=left, shrink=0.8, label="Jensen-Shannon distance")
        plane = classical_scaling(matrix)
        for branch, colour in zip(BRANCHES, CYCLE[: len(BRANCHES)], strict=True):
            own = [i for i, language in enumerate(languages) if _BRANCH.get(language) == branch]
            if own:
                right.plot(*plane[own].T, "o", color=colour, label=branch, ms=7)
        for (x, y), language in zip(plane, languages, strict=True):
            right.annotate(
                language, (x, y), xytext=(5, 4), textcoords="offset points", fontsize=8.5
            )
        right.set_title("The same as a map", loc="left", fontsize=9.5)
        right.set_aspect("equal", "datalim")
        right.margins(0.12)
        right.legend(fontsize=7.5, loc="best")
        save(drawn, png, pdf, cfg.dpi)


def classical_scaling(distances: np.ndarray) -> np.ndarray:
    """Place points [n, 2] so that their distances come close to [n, n] (Torgerson 1952)."""
    centre = np.eye(len(distances)) - 1 / len(distances)
    values, vectors = np.linalg.eigh(-centre @ distances**2 @ centre / 2)
    plane = vectors[:, ::-1][:, :2] * np.sqrt(values[::-1][:2].clip(min=0))
    if plane.shape[1] < 2:
        plane = np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))
    # The sign of an eigenvector is arbitrary: let the largest entry be positive.
    return plane * np.where(plane[np.abs(plane).argmax(0), [0, 1]] < 0, -1, 1)


def _enough(usage: pd.DataFrame) -> pd.DataFrame:
    frames = usage[usage["group"] == 0].groupby("language")["count"].transform("sum")
    languages = usage["language"][frames.index[frames >= LEAST_FRAMES]].unique()
    return usage[usage["language"].isin(languages)]


def _pairs(usage: pd.DataFrame) -> pd.DataFrame:
    """Every pair of languages whose branches are known: pair, kin, distance."""
    distances = js_distances(_enough(usage))
    known = [language for language in distances.index if language in _BRANCH]
    rows = [
        {
            "pair": f"{one}-{other}",
            "kin": _BRANCH[one] == _BRANCH[other],
            "distance": distances.loc[one, other],
        }
        for one, other in combinations(known, 2)
    ]
    return pd.DataFrame(rows, columns=["pair", "kin", "distance"])

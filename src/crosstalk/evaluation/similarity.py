"""Word similarity: does a space put words as near to each other as people do?

Speech2Vec was judged by such lists (Chung and Glass 2018, Table 1). gensim carries two of them:
WordSim-353, where *related* words count as similar, and SimLex-999, where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from gensim.test.utils import datapath
from scipy.stats import rankdata

from crosstalk.embeddings.spaces import Space
from crosstalk.evaluation.bootstrap import percentile_interval
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.stage import Input, Output

TABLE = "similarity"
LISTS = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}
LEAST = 10
"""Pairs below which a correlation says nothing: such a cell stays empty."""
WHOLE = "text_whole"
"""Row: the space of the row ``text``, asked for all pairs that it holds itself."""


def score_similarity(
    *,
    cfg: EvaluationParams,
    rows: list[str],
    seeds: list[int],
    spaces: list[Input],
    measures: Output,
) -> None:
    """Correlate cosines of word pairs with people's judgements (Spearman), by list and row.

    ``rows``, ``seeds`` and ``spaces`` run in parallel; every row has every seed, and one is
    ``text``. All rows are asked for the pairs whose words all spaces hold, so that they can be
    compared; `WHOLE` says how good the list is for the text. Intervals resample pairs and seeds.
    """
    loaded = {
        (row, seed): Space.load(path).normalise(["unit"])
        for row, seed, path in zip(rows, seeds, spaces, strict=True)
    }
    shared = set.intersection(*(set(space.words) for space in loaded.values()))
    asked = dict.fromkeys(rows, shared)
    asked[WHOLE] = set.intersection(*(set(s.words) for (r, _), s in loaded.items() if r == "text"))
    measured = []
    for name, file in LISTS.items():
        pairs = read_list(Path(datapath(file)))
        for row, words in asked.items():
            known = pairs[pairs["first"].isin(words) & pairs["second"].isin(words)]
            if len(known) < LEAST:
                continue
            own = {s: x for (r, s), x in loaded.items() if r == row.removesuffix("_whole")}
            cosines = np.stack([_cosines(space, known) for space in own.values()])
            measured += [
                {
                    "table": TABLE,
                    "row": row,
                    "column": name,
                    "n": len(known),
                    "unit": "rho",
                    **found,
                }
                for found in _correlations(known["score"].to_numpy(), cosines, list(own), cfg)
            ]
    columns = list(METRICS.columns)
    METRICS.validate(pd.DataFrame(measured, columns=columns)).to_csv(
        measures, index=False, float_format="%.4f"
    )


def read_list(path: Path) -> pd.DataFrame:
    """Read word pairs and scores: columns ``first``, ``second`` (lower case) and ``score``."""
    names = ["first", "second", "score"]
    pairs = pd.read_csv(path, sep="\t", comment="#", names=names, keep_default_na=False)
    return pairs.assign(**{name: pairs[name].str.lower() for name in names[:2]})


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of the last axes of ``x`` and ``y`` [..., n]: [...]."""
    ranks = [rankdata(values, axis=-1) for values in (x, y)]
    x, y = (values - values.mean(-1, keepdims=True) for values in ranks)
    with np.errstate(invalid="ignore"):  # a draw of one pair alone, again and again
        return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))


def _cosines(space: Space, pairs: pd.DataFrame) -> np.ndarray:
    first, second = (
        space.vectors[[space.index[word] for word in pairs[side]]] for side in ("first", "second")
    )
    return (first * second).sum(1)


def _correlations(
    scores: np.ndarray, cosines: np.ndarray, seeds: Sequence[int], cfg: EvaluationParams
) -> list[dict[str, object]]:
    """Return what ``scores`` [n] and ``cosines`` [seeds, n] have in common, by seed and of all."""
    random = np.random.default_rng(cfg.bootstrap_seed)
    drawn = random.integers(len(scores), size=(cfg.resamples, len(scores)))
    chosen = random.integers(len(seeds), size=(cfg.resamples, len(seeds)))
    values = spearman(scores, cosines)
    draws = np.stack([spearman(scores[drawn], cosine[drawn]) for cosine in cosines])  # [seeds, R]
    pooled = np.take_along_axis(draws.T, chosen, 1).mean(1)
    every = [*zip(map(str, seeds), values, draws, strict=True), (ALL, values.mean(), pooled)]
    return [
        {"seed": seed, "value": value, "seeds": len(seeds) if seed == ALL else 1}
        | dict(zip(("ci_low", "ci_high"), _around(value, draw, cfg.level), strict=True))
        for seed, value, draw in every
    ]


def _around(value: float, draws: np.ndarray, level: float) -> tuple[float, float]:
    low, high = percentile_interval(draws, level)
    return min(low, value), max(high, value)

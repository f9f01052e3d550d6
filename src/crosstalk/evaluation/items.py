"""Answered questions, and what they add up to: percentages with bootstrap intervals."""

from __future__ import annotations

import json

import pandas as pd
import pandera.pandas as pa

from crosstalk.evaluation.bootstrap import bootstrap_mean
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, KEY, METRICS
from crosstalk.stage import Input, Output

ITEMS = pa.DataFrameSchema(
    {
        "table": pa.Column(str),
        "row": pa.Column(str),
        "column": pa.Column(str),
        "seed": pa.Column(int),
        "cluster": pa.Column(str, description="what is resampled together, such as the word type"),
        "correct": pa.Column(float, pa.Check.in_range(0, 1)),
    },
    strict=True,
)
"""One answered question a row: what bootstrap intervals are computed from."""


def summarise_items(
    *, cfg: EvaluationParams, answers: list[Input], metrics: Output, summary: Output
) -> None:
    """Turn answered questions into percentages with bootstrap intervals.

    One row a seed, and one row ``seed = all`` that pools the seeds (seeds and clusters are both
    resampled). ``summary`` holds the pooled values as nested JSON, for ``dvc metrics``.
    """
    frame = ITEMS.validate(pd.concat([pd.read_parquet(path) for path in answers]))
    rows = []
    for key, group in frame.groupby(KEY, sort=False):
        seeds = sorted(group["seed"].unique())
        chosen = [(str(seed), group[group["seed"] == seed]) for seed in seeds] + [(ALL, group)]
        rows += [
            dict(zip(KEY, key, strict=True)) | {"seed": seed} | _interval(cfg, part)
            for seed, part in chosen
        ]
    result = METRICS.validate(pd.DataFrame(rows))
    result.to_csv(metrics, index=False, float_format="%.4f")
    pooled = result[result["seed"] == ALL]
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for entry in pooled.itertuples():
        row = nested.setdefault(entry.table, {}).setdefault(entry.row, {})
        row[entry.column] = round(entry.value, 4)
    summary.write_text(json.dumps(nested, indent=1, ensure_ascii=False) + "\n")


def _interval(cfg: EvaluationParams, items: pd.DataFrame) -> dict[str, object]:
    mean, low, high = bootstrap_mean(
        items["correct"].to_numpy(),
        items["cluster"].to_numpy(),
        seeds=items["seed"].to_numpy(),
        level=cfg.level,
        resamples=cfg.resamples,
        seed=cfg.bootstrap_seed,
    )
    per_seed = items.groupby("seed").size()
    return {
        "value": 100 * mean,
        "ci_low": 100 * min(low, mean),
        "ci_high": 100 * max(high, mean),
        "n": int(per_seed.iloc[0]),
        "seeds": len(per_seed),
        "unit": "%",
    }

"""What answered questions add up to: percentages with bootstrap intervals."""

from __future__ import annotations

import pandas as pd

from crosstalk.evaluation.answers import read_items
from crosstalk.evaluation.bootstrap import bootstrap_mean
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.draws import split_draws
from crosstalk.results.metrics import KEY, by_seed, read_metrics, write_metrics
from crosstalk.stage import Input, Output


def summarise_items(
    *,
    cfg: EvaluationParams,
    answers: list[Input],
    measures: list[Input],
    metrics: Output,
    summary: Output,
    draws: Output,
) -> None:
    """Turn answered questions into percentages with bootstrap intervals, and add what is measured.

    One row a seed, and one row ``seed = all`` that pools the seeds (seeds and clusters are both
    resampled). ``measures`` are rows of the same kind that other stages have computed. ``summary``
    holds the pooled values as nested JSON, for ``dvc metrics``; ``draws`` their resamples.
    """
    frame = pd.concat([read_items(path) for path in answers], ignore_index=True)
    rows = []
    for key, group in frame.groupby(KEY, sort=False):
        where = dict(zip(KEY, key, strict=True))
        intervals = by_seed(group, lambda part: _interval(cfg, part))
        rows += [where | {"seed": seed} | interval for seed, interval in intervals.items()]
    others = [read_metrics(path) for path in measures]
    answered = split_draws(rows, draws)
    write_metrics(pd.concat([answered, *others], ignore_index=True), metrics, summary)


def _interval(cfg: EvaluationParams, items: pd.DataFrame) -> dict[str, object]:
    found = bootstrap_mean(
        items["correct"].to_numpy(),
        items["cluster"].to_numpy(),
        seeds=items["seed"].to_numpy(),
        level=cfg.level,
        resamples=cfg.resamples,
        seed=cfg.bootstrap_seed,
    )
    per_seed = items.groupby("seed").size()
    return {
        "value": 100 * found.value,
        "ci_low": 100 * min(found.low, found.value),
        "ci_high": 100 * max(found.high, found.value),
        "n": int(per_seed.iloc[0]),
        "seeds": len(per_seed),
        "unit": "%",
        "design": found.design,
        "draws": 100 * found.draws,
    }

"""``metrics.csv``: one tidy table a paper, the only source of its tables, figures and claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from crosstalk.corpora.schemas import SCHEMA_ERRORS, first_problem
from crosstalk.errors import DataError
from crosstalk.stage import Input, Output

ALL = "all"
"""The value of ``seed`` in a row that pools every seed."""

KEY = ["table", "row", "column"]

METRICS = pa.DataFrameSchema(
    {
        "table": pa.Column(str),
        "row": pa.Column(str),
        "column": pa.Column(str),
        "seed": pa.Column(str),
        "value": pa.Column(float),
        "ci_low": pa.Column(float),
        "ci_high": pa.Column(float),
        "n": pa.Column(int, pa.Check.ge(1)),
        "seeds": pa.Column(int, pa.Check.ge(1)),
        "unit": pa.Column(str),
    },
    unique=[*KEY, "seed"],
    coerce=True,
    strict=True,
    checks=pa.Check(lambda f: (f["ci_low"] <= f["value"]) & (f["value"] <= f["ci_high"])),
)


def by_seed[T](frame: pd.DataFrame, measure: Callable[[pd.DataFrame], T]) -> dict[str, T]:
    """Measure the rows of each seed, and all as `ALL`; a single seed is not measured twice."""
    found = {str(seed): measure(part) for seed, part in frame.groupby("seed")}
    pooled = next(iter(found.values())) if len(found) == 1 else measure(frame)
    return found | {ALL: pooled}


def read_metrics(path: Path) -> pd.DataFrame:
    """Read and check a ``metrics.csv``."""
    try:
        # An empty unit is a unit: that of counts.
        frame = pd.read_csv(path, dtype={"seed": str}, keep_default_na=False)
        return METRICS.validate(frame)
    except (*SCHEMA_ERRORS, ValueError) as error:
        raise DataError(
            f"{path} is not a metrics table ({first_problem(error)}): delete it and run again"
        ) from error


def pooled(metrics: pd.DataFrame) -> pd.DataFrame:
    """Rows that pool the seeds, indexed by (table, row, column)."""
    return metrics[metrics["seed"] == ALL].set_index(KEY)


def gather_metrics(*, measures: list[Input], metrics: Output, summary: Output) -> None:
    """Join the measurements of several stages into a paper's ``metrics.csv`` (stage)."""
    frame = pd.concat([read_metrics(path) for path in measures], ignore_index=True)
    write_metrics(frame, metrics, summary)


def write_metrics(frame: pd.DataFrame, metrics: Path, summary: Path) -> None:
    """Write all rows as CSV, and the pooled values as nested JSON for ``dvc metrics``."""
    frame = METRICS.validate(frame)
    frame.to_csv(metrics, index=False, float_format="%.4f")
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for entry in frame[frame["seed"] == ALL].itertuples():
        row = nested.setdefault(entry.table, {}).setdefault(entry.row, {})
        row[entry.column] = round(entry.value, 4)
    summary.write_text(json.dumps(nested, indent=1, ensure_ascii=False) + "\n")

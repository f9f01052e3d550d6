"""Verdicts on the papers' claims, computed from the metrics and their resamples.

Two rows that answer the same questions are resampled side by side, and the interval of their
difference or ratio is that of the paired comparison. Otherwise it is made from the ends of the two
intervals, which is wider. Intervals that resample three seeds are too narrow where seeds vary more
than questions (in the tests' simulation 95 % cover 80 to 95), so each seed has to agree as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.errors import DataError
from crosstalk.evaluation.bootstrap import percentile_interval
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.draws import read_draws
from crosstalk.results.metrics import ALL, KEY, pooled, read_metrics
from crosstalk.results.page import write_page
from crosstalk.results.reference import Claim, Premise, ReferenceTable, read_claims, read_reference
from crosstalk.stage import Input, Output

REPRODUCED = "reproduced"
SAME_DIRECTION = "same direction"
NOT_REPRODUCED = "not reproduced"
NOT_TESTABLE = "not testable at this scale"
VERDICTS = [REPRODUCED, SAME_DIRECTION, NOT_REPRODUCED, NOT_TESTABLE]
OURS = "of ours, reproduced"
MARKS = dict(zip(VERDICTS, ["good", "fair", "bad", "open"], strict=True))

COLUMNS = [
    "id",
    "paper",
    "origin",
    "statement",
    "paper_value",
    "ours",
    "ci_low",
    "ci_high",
    "unit",
    "seeds",
    "verdict",
    "reason",
    "table",
]


@dataclass(frozen=True)
class Finding:
    """A claim's quantity with its interval, and the threshold that it has to exceed."""

    value: float
    low: float
    high: float
    threshold: float
    unit: str
    seeds: int
    paired: bool
    by_seed: list[float]
    """The value of each seed alone; empty where only all of them together were measured."""

    def verdict(self) -> tuple[str, str]:
        """Return (verdict, reason)."""
        if not self.value > self.threshold:
            return NOT_REPRODUCED, f"the value does not exceed the threshold: {self}"
        if not self.low > self.threshold:
            if self._agree < len(self.by_seed) / 2:
                return NOT_REPRODUCED, f"most seeds do not exceed the threshold: {self}"
            return SAME_DIRECTION, f"the value exceeds the threshold, its interval does not: {self}"
        if self._agree < len(self.by_seed):
            return SAME_DIRECTION, f"the interval exceeds the threshold, not every seed: {self}"
        return REPRODUCED, f"the whole interval exceeds the threshold: {self}"

    @property
    def _agree(self) -> int:
        return sum(value > self.threshold for value in self.by_seed)

    def __str__(self) -> str:
        span = f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}] against {self.threshold:g}"
        span += ", paired" if self.paired else ", from the ends of two intervals"
        if len(self.by_seed) > 1:
            span += f", {self._agree} of {len(self.by_seed)} seeds above"
        return span


def judge_claims(
    *,
    cfg: EvaluationParams,
    scale: str,
    paper: str,
    claims: Input,
    reference: Input,
    metrics: Input,
    draws: list[Input],
    csv: Output,
    markdown: Output,
) -> None:
    """Judge every claim of one paper; ``draws`` are of the rows that have some.

    Where the paper's own columns are measured (``reference`` says which of ours stand beside them),
    claims are about these.

    Raises
    ------
    DataError
        The paper is not listed in ``claims``.

    """
    frame = read_metrics(metrics)
    drawn = pd.concat([read_draws(path) for path in draws])
    measured = pooled(frame).join(drawn).join(values_by_seed(frame))
    listed = read_claims(claims)
    if paper not in listed:
        raise DataError(f"{claims} has no claims of {paper}: list them there, or an empty list")
    tables = read_reference(reference).tables
    found = [on_its_columns(claim, tables, measured) for claim in listed[paper]]
    rows = [judge(cfg, claim, paper, measured, scale) for claim in found]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.to_csv(csv, index=False, float_format="%.4f")
    markdown.write_text(readable(frame).drop(columns="paper").to_markdown(index=False) + "\n")


def gather_claims(
    *,
    scale: str,
    judged: list[Input],
    csv: Output,
    markdown: Output,
    verdicts: Output,
    html: Output,
) -> None:
    """Put the claims of all papers together; ``verdicts`` are `count_verdicts`."""
    frame = pd.concat([pd.read_csv(path) for path in judged])
    frame.to_csv(csv, index=False, float_format="%.4f")
    shown = readable(frame)
    markdown.write_text(shown.to_markdown(index=False) + "\n")
    verdicts.write_text(count_verdicts(frame).to_markdown() + "\n")
    write_page(html, f"Claims, scale {scale}", shown, marks=MARKS)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """``claims.csv`` as a person reads it: one value with its interval, tables by their names."""
    shown = frame.fillna("–").drop(columns=["ci_low", "ci_high", "unit"])
    shown["ours"] = [_span(row) for row in frame.itertuples()]
    shown["seeds"] = [f"{seeds:.0f}" if pd.notna(seeds) else "–" for seeds in frame["seeds"]]
    shown["table"] = [Path(place).stem for place in frame["table"]]
    return shown


def count_verdicts(frame: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper, in the order of ``frame``, come to which verdict.

    Our own claims about it are no part of these counts; how many of them are reproduced is a
    column, `OURS`.
    """
    own, theirs = frame[frame["origin"] == "ours"], frame[frame["origin"] == "paper"]
    counts = pd.crosstab(theirs["paper"], theirs["verdict"])
    counts = counts.reindex(index=frame["paper"].unique(), columns=VERDICTS, fill_value=0)
    kept = (own["verdict"] == REPRODUCED).groupby(own["paper"]).agg(["sum", "size"])
    told = {paper: f"{row['sum']} of {row['size']}" for paper, row in kept.iterrows()}
    return counts.assign(**{OURS: [told.get(paper, "–") for paper in counts.index]})


def judge(
    cfg: EvaluationParams, claim: Claim, paper: str, measured: pd.DataFrame, scale: str
) -> dict[str, object]:
    """One row of ``claims.csv``.

    ``measured`` are pooled metrics with ``design`` and ``draws``, NaN where a row has none, and
    `values_by_seed`.
    """
    row: dict[str, object] = {
        "id": claim.id,
        "paper": paper,
        "origin": claim.origin,
        "statement": claim.statement,
        "paper_value": claim.paper_value,
        "table": f"results/{scale}/{paper}/tables/{claim.table}.csv",
    }
    if claim.needs:
        return row | {"verdict": NOT_TESTABLE, "reason": f"waiting for {claim.needs}"}
    compared = _compared(claim)
    if missing := [key for key in compared if key not in measured.index]:
        by_column = groupby(missing, key=lambda key: key[2])
        told = [f"{column} of {' and '.join(key[1] for key in keys)}" for column, keys in by_column]
        reason = f"{claim.table} has no {' and no '.join(told)}"
        return row | {"verdict": NOT_TESTABLE, "reason": reason}
    threshold = 0.0 if claim.above else claim.ratio.at_least
    compare = np.subtract if claim.above else _ratio
    rows = (measured.loc[key] for key in compared)
    finding = _finding(cfg, compare, threshold, *rows)
    verdict, reason = finding.verdict()
    for premise in claim.provided:
        holds, told = _premise(cfg, premise, measured)
        if not holds:
            verdict, reason = NOT_TESTABLE, told
            break
        reason = f"{reason}; {told}"
    return row | {
        "ours": finding.value,
        "ci_low": finding.low,
        "ci_high": finding.high,
        "unit": finding.unit,
        "seeds": finding.seeds,
        "verdict": verdict,
        "reason": reason,
    }


def on_its_columns(
    claim: Claim, tables: Mapping[str, ReferenceTable], measured: pd.DataFrame
) -> Claim:
    """Put the paper's own columns in place of ours beside them, where they are ``measured``."""
    filled = set(measured.index.droplevel("row"))

    def moved(table: str, column: str) -> str:
        layout = tables.get(table)
        ours = layout.ours.get(column) if layout else None
        return ours.beside if ours and (table, ours.beside) in filled else column

    return claim.model_copy(
        update={
            "column": moved(claim.table, claim.column),
            "against": moved(claim.table, claim.against),
            "provided": [
                premise.model_copy(update={"column": moved(premise.table, premise.column)})
                for premise in claim.provided
            ],
        }
    )


def _premise(cfg: EvaluationParams, premise: Premise, measured: pd.DataFrame) -> tuple[bool, str]:
    """Whether a premise holds, if only by its value, and by how much or why not."""
    keys = [(premise.table, row, premise.column) for row in (premise.row, premise.than)]
    told = f"it presumes {premise.row} above {premise.than} ({premise.table}, {premise.column})"
    if missing := [key[1] for key in keys if key not in measured.index]:
        return False, f"{told}, but {' and '.join(missing)} is not measured"
    finding = _finding(cfg, np.subtract, 0.0, *(measured.loc[key] for key in keys))
    return finding.value > 0, f"{told}: the difference is {finding}"


def _compared(claim: Claim) -> tuple[tuple[str, str, str], ...]:
    """Keys of the two metrics that a claim is about."""
    above, ratio = claim.above, claim.ratio
    first, second = (above.row, above.than) if above else (ratio.of, ratio.to)
    return (
        (claim.table, first, claim.column),
        (claim.table, second, claim.against or claim.column),
    )


def values_by_seed(metrics: pd.DataFrame) -> pd.Series:
    """Values of each row's seeds alone, {seed: value}, indexed by (table, row, column)."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for entry in metrics.itertuples():
        values = found.setdefault((entry.table, entry.row, entry.column), {})
        if entry.seed != ALL:
            values[entry.seed] = entry.value
    return pd.Series(found, name="by_seed").rename_axis(KEY)


def _finding(
    cfg: EvaluationParams, compare: Callable, threshold: float, a: pd.Series, b: pd.Series
) -> Finding:
    """Compare two rows of metrics by difference or by ratio."""
    of_difference = "points" if a["unit"] == "%" else a["unit"]
    unit = "ratio" if compare is _ratio else of_difference
    value = float(compare(a["value"], b["value"]))
    paired = a["design"] == b["design"]  # NaN equals nothing
    if paired:
        low, high = percentile_interval(compare(a["draws"], b["draws"]), cfg.level)
    else:
        low = float(compare(a["ci_low"], b["ci_high"]))
        high = float(compare(a["ci_high"], b["ci_low"]))
    seeds = int(min(a["seeds"], b["seeds"]))
    of_a, of_b = a["by_seed"], b["by_seed"]
    alone = [float(compare(of_a[seed], of_b[seed])) for seed in sorted(of_a.keys() & of_b.keys())]
    return Finding(value, min(low, value), max(high, value), threshold, unit, seeds, paired, alone)


def _ratio(a: np.ndarray | float, b: np.ndarray | float) -> np.ndarray:
    """Divide; what is above 0 is infinitely more than 0, and 0 is no more than 0."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    over_nothing = np.where(np.isnan(a), np.nan, np.where(a > 0, np.inf, 0.0))
    return np.divide(a, b, out=over_nothing, where=b != 0)


def _span(row: object) -> str:
    if pd.isna(row.ours):
        return "–"
    unit = "" if pd.isna(row.unit) else f" {row.unit}"
    return f"{row.ours:.2f} [{row.ci_low:.2f}, {row.ci_high:.2f}]{unit}"

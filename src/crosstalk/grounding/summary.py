"""From single errors to what the paper reports: mean errors, gaps and gains with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.evaluation.bootstrap import design_of, percentile_interval
from crosstalk.evaluation.gap import (
    Errors,
    gain,
    gap,
    mean_error,
    narrowed,
    ratios,
    resampled_errors,
    widened,
)
from crosstalk.grounding.names import ACROSS, AUDIO, ERRORS, GROUNDED
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.draws import split_draws
from crosstalk.results.metrics import ALL
from crosstalk.stage import Input, Output

FOUR = (f"mono {AUDIO}", f"mono {GROUNDED}", f"bi {AUDIO}", f"bi {GROUNDED}")
HALF_AUDIO, HALF_GROUNDED = f"half {AUDIO}", f"half {GROUNDED}"
# Rows of the table of ratios: a function of the errors of some models. The first four are the
# paper's; then the two hypotheses as differences; then our controls.
_RATIOS = {
    "gap_audio": (lambda *four: ratios(Errors(*four)).gap_audio, *FOUR),
    "gap_grounded": (lambda *four: ratios(Errors(*four)).gap_grounded, *FOUR),
    "gain_mono": (lambda *four: ratios(Errors(*four)).gain_mono, *FOUR),
    "gain_bi": (lambda *four: ratios(Errors(*four)).gain_bi, *FOUR),
    "gap_narrowed": (lambda *four: narrowed(ratios(Errors(*four))), *FOUR),
    "gain_widened": (lambda *four: widened(ratios(Errors(*four))), *FOUR),
    "gap_audio_half": (gap, f"bi {AUDIO}", HALF_AUDIO),
    "gap_grounded_half": (gap, f"bi {GROUNDED}", HALF_GROUNDED),
    "gain_half": (gain, HALF_AUDIO, HALF_GROUNDED),
    "gain_disjoint": (gain, f"bi {AUDIO}", f"disjoint {GROUNDED}"),
    "gain_shuffled": (gain, f"bi {AUDIO}", f"bi {GROUNDED} shuffled"),
    "gain_text": (gain, f"bi {AUDIO}", f"bi {GROUNDED} text"),
}
DISTANT, CLOSE, EVERY = "distant pair", "close pair", "all pairs"


def measure_gap(
    *,
    cfg: EvaluationParams,
    layer: int,
    distant: str,
    errors: list[Input],
    measures: Output,
    draws: Output,
) -> None:
    """Average ABX errors and take their ratios, with intervals (stage).

    ``errors`` are files of `evaluate_grounded`, one a pair of languages and seed; ``distant`` is
    the pair that stands alone in its column. Tables ``abx`` (phones, at ``layer``) and ``gap``,
    ``abx_across`` and ``gap_across`` (the same across speakers), ``languages`` and ``layers``
    (every layer, all pairs). ``draws`` are the resamples of the rows that pool the seeds.

    Raises
    ------
    DataError
        Models of one pair were not asked the same questions, by every seed.

    """
    frame = pd.concat([read_columns(path, ERRORS) for path in errors], ignore_index=True)
    pairs = frame["pair"].unique()
    scopes = {DISTANT: [distant], CLOSE: [p for p in pairs if p != distant], EVERY: list(pairs)}
    rows: list[dict[str, object]] = []
    for scope, wanted in scopes.items():
        part = frame[frame["pair"].isin(wanted)]
        if part.empty:
            continue
        for column, of_column in part.groupby("column", sort=False):
            for seed, answers in _by_seed(of_column):
                found = _measure(answers, cfg)
                for table, row, value in _tables(str(column), layer, found):
                    name = str(column) if table == "layers" else scope
                    if table != "layers" or scope == EVERY:
                        rows.append({"table": table, "row": row, "column": name} | value | seed)
    split_draws(rows, draws).to_csv(measures, index=False, float_format="%.4f")


def _by_seed(frame: pd.DataFrame) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    seeds = sorted(frame["seed"].unique())
    for seed in seeds:
        yield {"seed": str(seed), "seeds": 1}, frame[frame["seed"] == seed]
    yield {"seed": ALL, "seeds": len(seeds)}, frame


class _Measured(dict[str, tuple[float, np.ndarray]]):
    """For each model its mean error and its resampled ones; ``questions`` of each."""

    questions: int
    level: float
    design: str

    def apply(self, function: Callable, *models: str) -> dict[str, object]:
        """Value and interval, in percent, of a function of some models' errors."""
        value = 100 * function(*(self[model][0] for model in models))
        samples = 100 * function(*(self[model][1] for model in models))
        low, high = percentile_interval(samples, self.level)
        return {
            "value": value,
            "ci_low": min(low, value),
            "ci_high": max(high, value),
            "n": self.questions,
            "unit": "%",
            "design": self.design,
            "draws": samples,
        }


def _measure(frame: pd.DataFrame, cfg: EvaluationParams) -> _Measured:
    """Mean and resampled errors of every model that was asked about all pairs of languages.

    The two errors of a pair of phones, a and b exchanged, are one question.
    """
    pairs = frame.groupby("row")["pair"].nunique()
    asked = pairs.index[pairs == frame["pair"].nunique()]
    if asked.empty:
        raise DataError("no model answered every question: evaluate all pairs again")
    group = frame["pair"] + " " + frame["language"]
    wide = frame.assign(group=group).pivot_table(
        index=["group", "cluster"], columns=["row", "seed"], values="error"
    )
    seeds = wide.columns.unique("seed")
    complete = {row: wide[row].reindex(columns=seeds) for row in asked}
    for row, table in complete.items():
        if missing := int(table.isna().sum(axis=None)):
            raise DataError(
                f"{row} lacks {missing} of {table.size} errors that other models have: evaluate "
                "all pairs and seeds again"
            )
    groups = wide.index.get_level_values("group").to_numpy(str)
    values = {row: table.to_numpy().T for row, table in complete.items()}
    drawn = resampled_errors(values, groups, resamples=cfg.resamples, seed=cfg.bootstrap_seed)
    found = _Measured({row: (mean_error(values[row], groups), drawn[row]) for row in values})
    found.questions, found.level = len(wide), cfg.level
    questions = zip(*wide.index, strict=True)
    found.design = design_of(*questions, seeds, [cfg.resamples, cfg.bootstrap_seed])
    return found


def _tables(
    column: str, layer: int, found: _Measured
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Rows of the tables that errors of one column belong to: table, row, value."""
    own = {
        "language": ["languages"],
        ACROSS: ["abx_across"],
        f"layer {layer}": ["layers", "abx"],
    }
    for row in found:
        for table in own.get(column, ["layers"]):
            yield table, row, found.apply(lambda error: error, row)
    gains = {name: _RATIOS[name] for name in ("gain_mono", "gain_bi")}
    headlines = {
        "language": ("languages", gains),
        ACROSS: ("gap_across", _RATIOS),
        f"layer {layer}": ("gap", _RATIOS),
    }
    table, headline = headlines.get(column, ("", {}))
    for name, (function, *models) in headline.items():
        if set(models) <= found.keys():
            yield table, name, found.apply(function, *models)

"""How wrong transcripts are: PER, CER and WER with bootstrap intervals."""

from __future__ import annotations

import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.evaluation.bootstrap import bootstrap_ratio
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.draws import split_draws
from crosstalk.results.metrics import KEY, by_seed
from crosstalk.stage import Input, Output

AVERAGE = "AVG"
"""Column of the mean over all languages of a table, each of which counts the same."""

COLUMNS = (
    "table",
    "row",
    "column",
    "seed",
    "language",
    "utterance",
    "errors",
    "length",
    "unseen",
    "reference",
    "hypothesis",
)
"""``length`` counts the reference's phones, characters or words, ``unseen`` those among them (for
words: characters) that the model has no symbol for: they are errors whatever it writes."""


def score_transcripts(
    *, cfg: EvaluationParams, transcripts: list[Input], measures: Output, draws: Output
) -> None:
    """Turn transcripts into error rates in percent: all errors over all labels (stage).

    One row a seed, and one that pools the seeds (utterances and seeds are both resampled); where a
    table has several columns, `AVERAGE` is the mean of their rates, of rows that have them all
    in every seed.
    ``draws`` are the resamples of the pooled rows.

    Raises
    ------
    DataError
        A file is not of `transcribe`.

    """
    frame = pd.concat([read_columns(path, COLUMNS) for path in transcripts], ignore_index=True)
    columns = frame.groupby("table")["column"].transform("nunique")
    own = frame.groupby(["table", "row", "seed"])["column"].transform("nunique")
    whole = columns == own.groupby([frame["table"], frame["row"]]).transform("min")
    averaged = frame[whole & (columns > 1)]
    averaged = averaged.assign(column=AVERAGE, group=averaged["column"])
    frame = pd.concat([frame.assign(group=""), averaged], ignore_index=True)
    rows = []
    for key, part in frame.groupby(KEY, sort=False):
        where = dict(zip(KEY, key, strict=True))
        rates = by_seed(part, lambda some: _rate(some, cfg))
        rows += [where | {"seed": seed} | rate for seed, rate in rates.items()]
    split_draws(rows, draws).to_csv(measures, index=False, float_format="%.4f")


def _rate(part: pd.DataFrame, cfg: EvaluationParams) -> dict[str, object]:
    found = bootstrap_ratio(
        part["errors"].to_numpy(),
        part["length"].to_numpy(),
        part["utterance"].to_numpy(),
        groups=part["group"].to_numpy(),
        seeds=part["seed"].to_numpy(),
        level=cfg.level,
        resamples=cfg.resamples,
        seed=cfg.bootstrap_seed,
    )
    seeds = part["seed"].nunique()
    return {
        "value": 100 * found.value,
        "ci_low": 100 * min(found.low, found.value),
        "ci_high": 100 * max(found.high, found.value),
        "n": int(part.groupby("seed")["utterance"].size().iloc[0]),
        "seeds": seeds,
        "unit": "%",
        "design": found.design,
        "draws": 100 * found.draws,
    }

"""How good each segmentation is, whatever is learnt from it: a table of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crosstalk.errors import DataError
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.segmentation.scores import Counts, count_agreement, rates
from crosstalk.speech.utterances import SPLITS, Utterances
from crosstalk.stage import Input, Output

TABLE = "segmentation"


def score_segmentations(
    *,
    cfg: EvaluationParams,
    tolerance_ms: float,
    shift_ms: float,
    rows: list[str],
    columns: list[str],
    seeds: list[int],
    utterances: list[Input],
    segmentations: list[Input],
    measures: Output,
) -> None:
    """Score segmentations against the words that were spoken; the lists run in parallel.

    Intervals resample utterances; those that pool seeds resample all seeds' utterances together.

    Raises
    ------
    DataError
        A segmentation belongs to other utterances.

    """
    tolerance = round(tolerance_ms / shift_ms)
    parts = []
    for row, column, seed, speech, found in zip(
        rows, columns, seeds, utterances, segmentations, strict=True
    ):
        counts = _counts(Utterances.load(speech), Segmentation.load(found), tolerance)
        if counts is None:
            raise DataError(f"{found} does not fit {speech}: make it again")
        parts.append(counts.assign(row=row, column=column, seed=str(seed)))
    frame = pd.concat(parts, ignore_index=True)
    measured = []
    for (row, column), group in frame.groupby(["row", "column"], sort=False):
        for seed, part in [*group.groupby("seed"), (ALL, group)]:
            number = group["seed"].nunique() if seed == ALL else 1
            for name, (value, low, high) in _rates(part, cfg).items():
                measured.append(
                    {
                        "table": TABLE,
                        "row": row,
                        "column": f"{column} {name}",
                        "seed": seed,
                        "value": value,
                        "ci_low": min(low, value),
                        "ci_high": max(high, value),
                        "n": len(part) // number,
                        "seeds": number,
                        "unit": "%",
                    }
                )
    METRICS.validate(pd.DataFrame(measured)).to_csv(measures, index=False, float_format="%.4f")


def _counts(corpus: Utterances, found: Segmentation, tolerance: int) -> pd.DataFrame | None:
    """Agreement of every training utterance; None if a segment lies outside of them or another."""
    train = corpus.split == SPLITS.index("train")
    edges = np.stack((found.first, found.last), axis=1).ravel()
    ordered = len(found) and (np.diff(edges) >= 0).all() and (found.last > found.first).all()
    if not ordered or edges[0] < 0 or edges[-1] > corpus.offsets[-1]:
        return None
    owner = corpus.utterance_of(found.first)
    if not train[owner].all() or (owner != corpus.utterance_of(found.last - 1)).any():
        return None
    counts = count_agreement(
        np.stack((found.first, found.last), axis=1),
        np.stack((corpus.word_first, corpus.word_last), axis=1),
        corpus.offsets,
        tolerance=tolerance,
    )
    return pd.DataFrame(counts._asdict())[train]


def _rates(part: pd.DataFrame, cfg: EvaluationParams) -> dict[str, tuple[float, float, float]]:
    """Value and interval, in percent, of each rate."""
    table = part[list(Counts._fields)].to_numpy(float)
    generator = np.random.default_rng(cfg.bootstrap_seed)
    tail = (1 - cfg.level) / 2
    weights = generator.multinomial(len(table), np.full(len(table), 1 / len(table)), cfg.resamples)
    drawn = np.array([_percent(sums) for sums in weights @ table])
    low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
    values = zip(_percent(table.sum(0)), low, high, strict=True)
    return dict(zip(_NAMES, values, strict=True))


_NAMES = ("precision", "recall", "F1", "over-segmentation", "R-value", "token F1")


def _percent(sums: np.ndarray) -> list[float]:
    boundaries, tokens = rates(*sums[:3]), rates(*sums[3:])
    return [100 * value for value in (*boundaries, tokens.f1)]

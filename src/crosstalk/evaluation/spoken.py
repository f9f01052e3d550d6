"""What is spoken (Chung et al. 2018, Table 1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crosstalk.results.metrics import ALL, METRICS
from crosstalk.speech.utterances import SPLITS, Utterances
from crosstalk.stage import Input, Output

TABLE = "table_1"


def describe_spoken(
    *, shift_ms: float, rows: list[str], utterances: list[Input], measures: Output
) -> None:
    """Count hours, distinct words and test tokens of every spoken corpus (row)."""
    measured = []
    for row, path in zip(rows, utterances, strict=True):
        measured += [
            {"row": row, "column": name, "value": value, "ci_low": value, "ci_high": value}
            for name, value in _sizes(path, shift_ms).items()
        ]
    frame = pd.DataFrame(measured).assign(table=TABLE, seed=ALL, n=1, seeds=1, unit="")
    METRICS.validate(frame[list(METRICS.columns)]).to_csv(
        measures, index=False, float_format="%.4f"
    )


def _sizes(path: Input, shift_ms: float) -> dict[str, float]:
    """What there is of one corpus, which is in memory no longer than this takes."""
    corpus = Utterances.load(path)
    frames = np.diff(corpus.offsets)
    hours = {
        split: frames[corpus.split == SPLITS.index(split)].sum() * shift_ms / 3_600_000
        for split in ("train", "test")
    }
    return {
        "train (hours)": hours["train"],
        "test (hours)": hours["test"],
        "distinct words": len(corpus.vocabulary),
        "test words": len(corpus.words_of("test")),
    }

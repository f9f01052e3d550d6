"""The resamples behind a paper's intervals: rows drawn side by side can be compared in pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.results.metrics import ALL, KEY, METRICS

COLUMNS = (*KEY, "design", "draws")
"""``draws`` is float32 [resamples], in the unit of the row's value; ``design`` names what was
resampled (`crosstalk.evaluation.bootstrap.design_of`)."""


def split_draws(rows: list[dict[str, object]], path: Path) -> pd.DataFrame:
    """Write the draws of the rows that pool all seeds; return all rows without draws.

    ``rows`` have the columns of `METRICS`, and ``design`` and ``draws``.
    """
    frame = pd.DataFrame(rows)
    of_all = frame.loc[frame["seed"] == ALL, list(COLUMNS)]
    of_all.assign(draws=[np.float32(draws) for draws in of_all["draws"]]).to_parquet(
        path, index=False, compression="zstd"
    )
    return METRICS.validate(frame[list(METRICS.columns)])


def read_draws(path: Path) -> pd.DataFrame:
    """Read ``design`` and ``draws``, indexed by (table, row, column)."""
    return read_columns(path, COLUMNS).set_index(KEY)

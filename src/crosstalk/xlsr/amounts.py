"""So many minutes of speech, the same ones in every run."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from crosstalk.errors import DataError


def first_minutes(cuts: pd.DataFrame, minutes: float) -> np.ndarray:
    """Say which utterances (bool [n]) make the first ``minutes`` of each language.

    The order is that of a digest of their ids, whatever the seed, so more minutes contain fewer.
    The utterance that reaches the limit is the last.

    Parameters
    ----------
    cuts
        Has the columns ``id``, ``language`` and ``seconds``.

    Raises
    ------
    DataError
        A language has less.

    """
    total = cuts.groupby("language")["seconds"].sum() / 60
    if (total < minutes).any():
        language = total.idxmin()
        raise DataError(f"{language} has {total[language]:.1f} minutes, not {minutes:g}: take less")
    ordered = cuts.iloc[in_digest_order(cuts["id"])]
    before = ordered.groupby("language")["seconds"].cumsum() - ordered["seconds"]
    return (before < 60 * minutes).reindex(cuts.index).to_numpy()


def in_digest_order(ids: pd.Series) -> np.ndarray:
    """Return the positions int64 [n] of ids, by the digest of each: an order with no meaning."""
    return np.argsort([hashlib.sha256(i.encode()).hexdigest() for i in ids], kind="stable")

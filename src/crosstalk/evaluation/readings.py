"""The ways in which answered questions can be counted, where the paper does not say which.

Chung et al. 2018 do not say what happens to test tokens whose word the text space lacks, nor
whether tokens or types are counted. Each table has one reading; the others are in a table of
readings beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

READINGS = {
    "tokens, missing wrong": "every test token; without a right answer in the text space: wrong",
    "tokens, missing dropped": "test tokens with a right answer in the text space",
    "tokens, held-out words": "of those, tokens of words that no map was fitted to",
    "types, missing dropped": "as tokens, missing dropped, but each word counts once",
}


@dataclass(frozen=True, eq=False)
class Answered:
    """Questions about words, and the place at which each was answered rightly."""

    words: np.ndarray
    """str [n]."""
    rank: np.ndarray
    """int [n]: from 1; 0 if not among the best."""
    covered: np.ndarray
    """bool [n]: the text space holds a right answer."""
    learnt: np.ndarray
    """bool [n]: the map was fitted to this word."""

    def select(self, kept: np.ndarray) -> Answered:
        """Keep the questions where bool [n] ``kept`` is true."""
        return Answered(*(part[kept] for part in vars(self).values()))

    def read(self, reading: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (words, correct at rank k as 0 or 1 or a mean) under a reading of `READINGS`."""
        correct = ((self.rank >= 1) & (self.rank <= k)).astype(float)
        if reading == "tokens, missing wrong":
            return self.words, correct
        kept = self.covered & ~self.learnt if "held-out" in reading else self.covered
        if reading.startswith("tokens"):
            return self.words[kept], correct[kept]
        means = pd.Series(correct[kept]).groupby(self.words[kept]).mean()
        return means.index.to_numpy(str), means.to_numpy()


def items(
    answered: Answered, *, table: str, row: str, column: str, seed: int, reading: str, k: int
) -> pd.DataFrame:
    """Return the answers under one reading as rows of `crosstalk.evaluation.answers`."""
    words, correct = answered.read(reading, k)
    return pd.DataFrame(
        {
            "table": table,
            "row": row,
            "column": column,
            "seed": seed,
            "cluster": words.astype(str),
            "correct": correct,
        }
    )

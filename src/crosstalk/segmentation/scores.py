"""How far found words agree with the words that were spoken, in counts and in rates."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Counts(NamedTuple):
    """One value an utterance, int64 [u]; sums of them give the rates of a corpus."""

    boundary_hits: np.ndarray
    boundaries_found: np.ndarray
    boundaries_true: np.ndarray
    tokens_hit: np.ndarray
    tokens_found: np.ndarray
    tokens_true: np.ndarray


class Rates(NamedTuple):
    """Agreement as numbers; NaN where there was nothing to divide by."""

    precision: float
    recall: float
    f1: float
    over_segmentation: float
    """Found over true, less one: 0 is right, positive is too many."""
    r_value: float
    """1 is perfect; unlike F1 it does not reward random boundaries."""


def count_agreement(
    found: np.ndarray, true: np.ndarray, offsets: np.ndarray, *, tolerance: int
) -> Counts:
    """Compare two segmentations utterance by utterance.

    A boundary is an edge of a word; where two words meet there is one. The first and the last edge
    of an utterance are not counted, since they come for free. A boundary is a hit if it is within
    the tolerance of a true one, a word token if both of its edges are; each true boundary or token
    is hit once at most, and as many are matched as can be.

    Parameters
    ----------
    found, true
        int [n, 2], in order: first frame of each word, and that after the last.
    offsets
        int64 [u + 1] of the utterances.
    tolerance
        In frames; a distance equal to it is a hit.

    """
    rows = []
    found_at, true_at = (np.searchsorted(words[:, 0], offsets) for words in (found, true))
    for i in range(len(offsets) - 1):
        ours = found[found_at[i] : found_at[i + 1]]
        theirs = true[true_at[i] : true_at[i + 1]]
        edges = [np.unique(words)[1:-1, None] for words in (ours, theirs)]
        rows.append(
            (
                _matched(*edges, tolerance),
                *map(len, edges),
                _matched(ours, theirs, tolerance),
                len(ours),
                len(theirs),
            )
        )
    return Counts(*np.array(rows, np.int64).reshape(-1, len(Counts._fields)).T)


def rates(hits: int, found: int, true: int) -> Rates:
    """Precision, recall, F1, over-segmentation and R-value of counts.

    The R-value is that of Räsänen, Laine and Altosaar ("An improved speech segmentation quality
    measure: the R-value", Interspeech 2009), with hit rate and over-segmentation as
    fractions.
    """
    precision = hits / found if found else math.nan
    recall = hits / true if true else math.nan
    over = found / true - 1 if true else math.nan
    from_ideal = math.hypot(1 - recall, over)
    from_line = (recall - 1 - over) / math.sqrt(2)
    return Rates(
        precision,
        recall,
        2 * hits / (found + true) if found + true else math.nan,
        over,
        1 - (from_ideal + abs(from_line)) / 2,
    )


def _matched(found: np.ndarray, true: np.ndarray, tolerance: int) -> int:
    """Size of the largest one-to-one matching of rows that differ by the tolerance at most.

    Rows rise in every column, so that matched pairs need not cross, and the first two rows that
    agree may be matched; of two that do not, one agrees with nothing that follows either.
    """
    hits = i = j = 0
    ours, theirs = found.tolist(), true.tolist()
    while i < len(ours) and j < len(theirs):
        differences = [a - b for a, b in zip(ours[i], theirs[j], strict=True)]
        if all(abs(difference) <= tolerance for difference in differences):
            hits, i, j = hits + 1, i + 1, j + 1
        elif min(differences) < -tolerance:
            i += 1
        else:
            j += 1
    return hits

"""ABX: is a token nearer to one of its own category than to one of another? (errors, 0 to 1)

Phones: dynamic time warping over the angular distance of frames, through fastabx, within speaker or
across (a and b from one speaker, x from another). Cells are averaged over contexts and speakers of
x, then over speakers; what remains is one error a pair of phones. The frame at the end of a phone
is counted as fastabx counts it, not one short as libri-light does.

Languages: one mean vector an utterance, a and b from one corpus, x from the other. With one speaker
a language and corpus, a comparison inside a corpus would measure the speaker or the microphone.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import polars as pl
import torch
from fastabx import Dataset, InMemoryAccessor, Score, Subsampler, Task
from torch import Tensor

from crosstalk.errors import DataError

Context = Literal["any", "triphone"]
Speakers = Literal["within", "across"]

OTHERS = 5
"""Speakers that x comes from, at most, for each speaker of a and b (ZeroSpeech)."""

TOKENS = ("phone", "before", "after", "speaker")
"""Columns that describe a phone token; ``before`` and ``after`` are its neighbours."""


def phone_errors(
    frames: Tensor,
    first: np.ndarray,
    last: np.ndarray,
    tokens: pd.DataFrame,
    *,
    speakers: Speakers = "within",
    context: Context = "any",
    tokens_per_cell: int = 10,
) -> pd.DataFrame:
    """ABX error of every ordered pair of phones.

    Parameters
    ----------
    frames
        float [N, d]: representation of all utterances, one after another.
    first, last
        int [n]: frames of each token, half-open.
    tokens
        n rows with the columns `TOKENS`.
    speakers
        Whether x is by the speaker of a and b or by another.
    context
        ``any``: tokens of a phone in any surroundings; ``triphone``: a, b and x have the same
        neighbours (ZeroSpeech).
    tokens_per_cell
        At most so many tokens of each side of a cell, drawn by a fixed seed (ZeroSpeech: 10).

    Returns
    -------
    DataFrame
        ``phone`` (of a and x), ``other`` (of b), ``error``.

    Raises
    ------
    DataError
        No tokens can be compared so.

    """
    around = ["before", "after"] if context == "triphone" else []
    labels = pl.DataFrame({name: tokens[name].to_numpy(str) for name in TOKENS})
    dataset = Dataset(labels, _accessor(frames, first, last))
    within = speakers == "within"
    if not _comparable(tokens, around, within):
        raise DataError(
            f"no phones can be compared {speakers} speakers (context {context}): evaluate more "
            "speech"
        )
    task = Task(
        dataset,
        on="phone",
        by=["speaker", *around] if within else around or None,
        across=None if within else ["speaker"],
        subsampler=Subsampler(tokens_per_cell, None if within else OTHERS, seed=0),
    )
    score = Score(task, "angular", progress=False)
    levels = [*([tuple(around)] if around else []), "speaker"]
    found = score.details(levels=levels).select(
        "phone", other="phone_b", error=pl.col("score").cast(pl.Float64)
    )
    return found.to_pandas().sort_values(["phone", "other"], ignore_index=True)


def language_errors(vectors: np.ndarray, language: np.ndarray, corpus: np.ndarray) -> np.ndarray:
    """ABX error of every utterance as x: a of its language, b of another, both of another corpus.

    Parameters
    ----------
    vectors
        float [n, d], one an utterance.
    language, corpus
        [n] names.

    Returns
    -------
    ndarray
        float64 [n]: share of (a, b) where x is nearer to b by angle, ties a half; averaged over
        corpora of a and b, then over languages of b. NaN where no such pair exists.

    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distance = np.arccos(np.clip(unit.astype(np.float64) @ unit.T, -1, 1))
    errors = np.full(len(vectors), np.nan)
    for x, (own, home) in enumerate(zip(language, corpus, strict=True)):
        others = []
        for other in np.unique(language[language != own]):
            cells = []
            for there in np.unique(corpus[corpus != home]):
                a = distance[x, (corpus == there) & (language == own)]
                b = distance[x, (corpus == there) & (language == other)]
                if len(a) and len(b):
                    cells.append(_nearer(a, b))
            others += [np.mean(cells)] if cells else []
        if others:
            errors[x] = np.mean(others)
    return errors


def _comparable(tokens: pd.DataFrame, around: list[str], within: bool) -> bool:
    """Whether a speaker says a and b, two phones in one context, and x is there as well."""
    counts = tokens.groupby(["phone", "speaker", *around]).size().rename("tokens").reset_index()
    counts["phones"] = counts.groupby(["speaker", *around])["phone"].transform("size")
    counts["speakers"] = counts.groupby(["phone", *around])["speaker"].transform("size")
    x = counts["tokens"] > 1 if within else counts["speakers"] > 1
    return bool((x & (counts["phones"] > 1)).any())


def _nearer(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pairs where b is smaller than a, ties a half."""
    below = np.searchsorted(np.sort(b), a, side="left")
    up_to = np.searchsorted(np.sort(b), a, side="right")
    return float((below + up_to).sum() / (2 * len(a) * len(b)))


def _accessor(frames: Tensor, first: np.ndarray, last: np.ndarray) -> InMemoryAccessor:
    ranges = dict(enumerate(zip(first.tolist(), last.tolist(), strict=True)))
    return InMemoryAccessor(ranges, frames.float().clone(), torch.device("cpu"))

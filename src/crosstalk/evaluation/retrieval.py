"""Spoken word classification: is the text word nearest to a mapped vector the right one?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch

from crosstalk.alignment.csls import top_cosine, top_csls
from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError

MISSING = 0
"""Rank of an item whose word is not among the best k, or not in the target vocabulary at all."""


def classify(
    vectors: np.ndarray,
    words: Sequence[str],
    mapping: Mapping,
    target: Space,
    *,
    k: int = 10,
    metric: Literal["cosine", "csls"] = "cosine",
    source: Space | None = None,
    neighbours: int = 10,
) -> pd.DataFrame:
    """Rank target words for each item, and find the item's own word among the best ``k``.

    Parameters
    ----------
    vectors
        float32 [n, d]: raw source vectors, of words or of single tokens.
    words
        The right answer of each item.
    mapping, target
        Where the items go; the raw space whose words are ranked.
    k
        Places that are looked at.
    metric
        ``cosine`` is the paper's (section 4.2). ``csls`` needs ``source``, the raw source space,
        as the surroundings of the target words.
    source, neighbours
        For ``csls`` alone.

    Returns
    -------
    One row an item, in order: ``word``; ``covered`` (bool: the target vocabulary holds the word);
    ``rank`` (int, from 1; 0 if not among the best ``k``); ``answer`` (the nearest target word).
    The paper does not say whether words that the target lacks count as errors, so
    :func:`precision` reads the table either way.

    Raises
    ------
    DataError
        If there are no items, or not one word for each vector.

    """
    if not len(vectors) or len(vectors) != len(words):
        raise DataError(f"{len(vectors)} vectors and {len(words)} words to classify")
    mapped = torch.from_numpy(mapping.apply(vectors))
    candidates = torch.from_numpy(mapping.apply_target(target.vectors))
    if metric == "cosine":
        _, rows = top_cosine(mapped, candidates, k)
    else:
        if source is None:
            raise DataError("CSLS retrieval needs the source space")
        space = torch.from_numpy(mapping.apply(source.vectors))
        _, rows = top_csls(mapped, candidates, k, source_space=space, neighbours=neighbours)
    gold = np.array([target.index.get(word, -1) for word in words])
    hits = rows.numpy() == gold[:, None]
    return pd.DataFrame(
        {
            "word": list(words),
            "covered": gold >= 0,
            "rank": np.where(hits.any(1), hits.argmax(1) + 1, MISSING),
            "answer": [target.words[row] for row in rows[:, 0].tolist()],
        }
    )


def precision(
    items: pd.DataFrame, k: int, *, missing: Literal["wrong", "dropped"] = "wrong"
) -> pd.Series:
    """Precision at k of each item, float 0 or 1, indexed as ``items``.

    Items whose word the target vocabulary lacks are ``wrong`` or ``dropped``.
    """
    kept = items if missing == "wrong" else items[items["covered"]]
    return kept["rank"].between(1, k).astype(float)

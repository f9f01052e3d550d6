"""Which target words lie nearest to a mapped vector, and where the right one stands among them."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from crosstalk.alignment.csls import top_cosine, top_csls
from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError

MISSING = 0
"""Rank of a question whose right answers are not among the best k."""


def nearest_words(
    vectors: np.ndarray,
    mapping: Mapping,
    target: Space,
    *,
    k: int,
    metric: Literal["cosine", "csls"] = "cosine",
    source: Space | None = None,
    neighbours: int = 10,
) -> np.ndarray:
    """Rank target words for each vector.

    Parameters
    ----------
    vectors
        float32 [n, d]: raw source vectors, of words or of single tokens.
    mapping, target
        Where the vectors go; the raw space whose words are ranked.
    k
        Places asked for; cut to the size of the target space.
    metric
        ``cosine`` is the paper's (section 4.2). ``csls`` needs ``source``, the raw source space,
        as the surroundings of the target words.
    source, neighbours
        For ``csls`` alone.

    Returns
    -------
    ndarray
        int64 [n, k]: rows of ``target``, the nearest first.

    Raises
    ------
    DataError
        If there are no vectors, or CSLS lacks its source space.

    """
    if not len(vectors):
        raise DataError("no vectors to find words for")
    mapped = torch.from_numpy(mapping.apply(vectors))
    candidates = torch.from_numpy(mapping.apply_target(target.vectors))
    if metric == "cosine":
        return top_cosine(mapped, candidates, k)[1].numpy()
    if source is None:
        raise DataError("CSLS retrieval needs the source space")
    space = torch.from_numpy(mapping.apply(source.vectors))
    _, rows = top_csls(mapped, candidates, k, source_space=space, neighbours=neighbours)
    return rows.numpy()


def first_hits(
    rows: np.ndarray, words: Sequence[str], gold: Dict[str, set[str]], target: Space
) -> tuple[np.ndarray, np.ndarray]:
    """Find the first right answer to each question.

    Parameters
    ----------
    rows
        int [n, k]: what :func:`nearest_words` returned.
    words
        The word that each question is about, n of them.
    gold
        Right answers of a word; a word that it lacks has none.
    target
        The space that ``rows`` index.

    Returns
    -------
    rank
        int64 [n]: place of the first right answer, from 1; `MISSING` if it is beyond k.
    covered
        bool [n]: whether the target space holds any right answer.

    """
    known = {
        word: {target.index[w] for w in gold.get(word, ()) if w in target.index}
        for word in set(words)
    }
    ranks = [
        next((place for place, row in enumerate(best, 1) if row in known[word]), MISSING)
        for best, word in zip(rows.tolist(), words, strict=True)
    ]
    return np.array(ranks, np.int64), np.array([bool(known[word]) for word in words], bool)

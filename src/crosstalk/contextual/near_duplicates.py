"""Messages that say nearly the same, found by the words that they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

ROWS = 256
"""Messages that are compared with all others at once; more would only cost memory."""


def near_duplicates(
    messages: Sequence[Sequence[str]], others: Sequence[Sequence[str]], least: float
) -> np.ndarray:
    """Tell which messages share at least ``least`` of their words with any of the others.

    The share is Jaccard's: words in common by words in either, each counted once. Words are
    compared without case, and only those that hold a letter and no digit: what differs in a number
    or a comma is the same message. A message without such a word is like no other.

    Parameters
    ----------
    messages, others
        Lists of words.
    least
        In (0, 1].

    Returns
    -------
    bool [messages]

    """
    vocabulary = _Vocabulary()
    left, right = (_incidence(side, vocabulary) for side in (messages, others))
    left.resize((len(messages), right.shape[1]))
    sizes, other_sizes = left.sum(1), right.sum(1)
    found = np.zeros(len(messages), bool)
    turned = right.T.tocsr()
    for start in range(0, len(messages), ROWS):
        common = (left[start : start + ROWS] @ turned).tocoo()
        row, column = common.coords
        either = sizes[start + row] + other_sizes[column] - common.data
        found[start + row[common.data >= least * either]] = True
    return found


class _Vocabulary(dict):
    """Entry of each word, without case; -1 for what says nothing."""

    def __init__(self) -> None:
        self.entries: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        says = any(map(str.isalpha, word)) and not any(map(str.isnumeric, word))
        folded = word.casefold()
        self[word] = self.entries.setdefault(folded, len(self.entries)) if says else -1
        return self[word]


def _incidence(messages: Sequence[Sequence[str]], vocabulary: _Vocabulary) -> csr_array:
    """Sparse [messages, words] of ones."""
    rows = [sorted({vocabulary[word] for word in message} - {-1}) for message in messages]
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    entries = np.array([entry for row in rows for entry in row], np.int64)
    return csr_array((np.ones(len(entries)), entries, ends), (len(rows), len(vocabulary.entries)))

"""Language models of words: interpolated Kneser-Ney n-grams.

Chen and Goodman (1999, "An empirical study of smoothing techniques for language modeling",
section 2.7, equation 17), with one discount an order, ``n1 / (n1 + 2 n2)`` from the numbers of
n-grams that occur once and twice (Ney, Essen and Kneser 1994). Lower orders count the different
words that precede an n-gram instead of its occurrences, except that an n-gram which opens a
sentence, having no predecessor, keeps its count. Below the unigrams is the uniform distribution
over the vocabulary and one unknown word.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crosstalk.errors import DataError

START, END = "<s>", "</s>"
"""Sentences begin and end with these."""

type Gram = tuple[str, ...]


@dataclass(frozen=True)
class _Order:
    """Counts of the n-grams of one order, by their context."""

    counts: dict[Gram, Counter[str]]
    totals: dict[Gram, int]
    discount: float


class NgramModel:
    """Probabilities of a word after others; a sentence ends with `END`."""

    def __init__(self, orders: Sequence[_Order], vocabulary: frozenset[str]) -> None:
        self._orders = orders
        self.vocabulary = vocabulary
        """Words, with `END` and without `START`."""

    @property
    def order(self) -> int:
        return len(self._orders)

    @classmethod
    def fit(cls, sentences: Iterable[Sequence[str]], order: int) -> NgramModel:
        """Count the n-grams of up to ``order`` words.

        Raises
        ------
        DataError
            There is no word.

        """
        grams: list[Counter[Gram]] = [Counter() for _ in range(order)]
        for sentence in sentences:
            words = (START, *sentence, END)
            for n, counter in enumerate(grams, start=1):
                counter.update(words[i : i + n] for i in range(len(words) - n + 1))
        vocabulary = frozenset(word for (word,) in grams[0]) - {START}
        if vocabulary <= {END}:
            raise DataError("a language model needs at least one word: give it more text")
        adjusted = [_continuations(low, high) for low, high in pairwise(grams)]
        return cls([_collect(counter) for counter in (*adjusted, grams[-1])], vocabulary)

    def log_probability(self, word: str, context: Sequence[str]) -> float:
        """Natural logarithm of p(word | context); only the last words of ``context`` count.

        Words outside the vocabulary share one more unit of the uniform distribution.
        """
        probability = 1 / (len(self.vocabulary) + 1)
        for n, order in enumerate(self._orders):
            if n > len(context):
                break
            before = tuple(context[len(context) - n :])
            total = order.totals.get(before)
            if total is None:
                break
            followers = order.counts[before]
            held = order.discount * len(followers)
            direct = max(followers[word] - order.discount, 0)
            probability = (direct + held * probability) / total
        return math.log(probability)

    def sentence_log_probability(self, words: Sequence[str]) -> float:
        """Natural logarithm of the probability of a sentence and its end."""
        whole = (START, *words, END)
        return sum(self.log_probability(whole[i], whole[:i]) for i in range(1, len(whole)))


def _continuations(low: Counter[Gram], high: Counter[Gram]) -> Counter[Gram]:
    """Count different predecessors; what opens a sentence keeps its count."""
    counts = Counter(gram[1:] for gram in high)
    for gram, count in low.items():
        if gram[0] == START:
            counts[gram] = count
    return counts


def _collect(grams: Counter[Gram]) -> _Order:
    counts: defaultdict[Gram, Counter[str]] = defaultdict(Counter)
    for gram, count in grams.items():
        if gram != (START,):  # it is never predicted
            counts[gram[:-1]][gram[-1]] = count
    totals = {context: followers.total() for context, followers in counts.items()}
    once, twice = (sum(c == k for f in counts.values() for c in f.values()) for k in (1, 2))
    # In a text of repetitions no n-gram occurs once, and nothing would be left for unseen words.
    discount = once / (once + 2 * twice) if once else 0.5
    return _Order(dict(counts), totals, discount)

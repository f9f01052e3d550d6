"""Kinds of linked words: the paper's figures by part of speech and by frequency.

The paper groups parts of speech into lexically overlapping, closed and open classes, by a tagger
that it does not name. Here the first class is read off the words themselves, and the second from a
list: no tagger with a model of its own can be had from the package archives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

OVERLAP, CLOSED, OPEN = KINDS = ("overlap", "closed", "open")

# Determiners, conjunctions, prepositions and pronouns of English, as grammars list them (Quirk et
# al. 1985, chapters 5, 6, 9 and 14); the paper's closed classes. Words that are more often of
# another class in running text (`like`, `round`, `worth`) are left out.
_CLOSED = {
    "determiner": """
        a an the this that these those each every either neither some any no all both half such
        what which whose my your his her its our their another other many much more most few fewer
        fewest little less least several enough""",
    "conjunction": """
        and or but nor so yet because since although though unless until while whereas whether if
        when whenever where wherever after before than as once lest""",
    "preposition": """
        about above across after against along amid among amongst around at before behind below
        beneath beside besides between beyond by concerning despite down during except excluding
        following for from in including inside into near of off on onto opposite out outside over
        past per regarding since through throughout till to toward towards under underneath until
        unto up upon via with within without""",
    "pronoun": """
        i me mine myself you yours yourself yourselves he him himself she hers herself it itself
        we us ours ourselves they them theirs themselves who whom whoever whomever whatever
        whichever something someone somebody anything anyone anybody nothing nobody everything
        everyone everybody none one ones oneself there""",
}
CLOSED_WORDS = frozenset(word for words in _CLOSED.values() for word in words.split())
"""The closed classes of English, lower-cased."""

RANK_BINS = (10, 100, 1000)
"""Differences in frequency rank at which a new bin begins."""


def kind_of(english: str, foreign: str) -> str:
    """Return the class of a pair of linked words.

    ``overlap``: the same string, or no letter on either side (numerals and punctuation);
    ``closed``: the English word is in `CLOSED_WORDS`; ``open``: the rest.
    """
    if english.casefold() == foreign.casefold() or not _has_letter(english + foreign):
        return OVERLAP
    return CLOSED if english.casefold() in CLOSED_WORDS else OPEN


def frequency_ranks(words: Iterable[str]) -> Counter[str]:
    """Rank, from 1, of each word by frequency, without case; words of one frequency share the best.

    Any other word has rank 0.
    """
    counts = Counter(map(str.casefold, words))
    ranks: Counter[str] = Counter()
    above = 0
    last = None
    for place, (word, count) in enumerate(counts.most_common(), start=1):
        if count != last:
            above, last = place, count
        ranks[word] = above
    return ranks


def rank_bin(difference: int) -> str:
    """Name the bin of a difference in rank, such as ``10 to 99``."""
    lower = 0
    for edge in RANK_BINS:
        if difference < edge:
            return f"{lower} to {edge - 1}"
        lower = edge
    return f"{lower} and more"


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))

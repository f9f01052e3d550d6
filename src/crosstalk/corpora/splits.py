"""Folds and splits: which messages are trained on and which are kept for testing.

A fold is a property of what is said, not of the recording, language or source: the same English
sentence in Wesnoth, in a caption or in a translation has one fold everywhere. Two sentences that
differ in English may be one in another language, so whoever splits a language also leaves out of
training what is `said_before`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from crosstalk.params.splits import FOLDS, SplitParams

type Split = Literal["train", "dev", "test"]

# Of even and of odd training folds, so that no sentence is known to both.
_HALVES = ("written", "spoken")


def normalise(reference: str) -> str:
    """Casefolded letters alone, NFKC: what two near-identical messages have in common.

    A message without a letter is its own stripped text.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reference).casefold())
    return "".join(filter(str.isalpha, folded)) or reference.strip()


def fold_of(reference: str) -> int:
    """Fold, 0 to 99, of a message by its English (or reference) text: SHA-256 modulo 100."""
    digest = hashlib.sha256(normalise(reference).encode()).digest()
    return int.from_bytes(digest, "big") % FOLDS


def split_of(fold: int, cfg: SplitParams) -> Split:
    """Split of a fold: test the highest folds, dev those below, train the rest."""
    if fold >= FOLDS - cfg.test_percent:
        return "test"
    return "dev" if fold >= FOLDS - cfg.test_percent - cfg.dev_percent else "train"


def said_before(texts: Sequence[str], parts: Sequence[str], order: Sequence[str]) -> list[bool]:
    """Tell which texts of a language occur in a part that comes earlier in ``order``.

    ``parts`` names the part of each text. Texts are the same if they are once `normalise`d; an
    empty one is none.
    """
    said = [normalise(text) for text in texts]
    ranks = [order.index(part) for part in parts]
    first: dict[str, int] = {}
    for text, rank in zip(said, ranks, strict=True):
        first[text] = min(rank, first.get(text, rank))
    return [text != "" and first[text] < rank for text, rank in zip(said, ranks, strict=True)]


def training_half(
    messages: pd.DataFrame, half: Literal["written", "spoken"], cfg: SplitParams
) -> pd.DataFrame:
    """Training messages of even folds (``written``) or of odd folds (``spoken``), in order.

    ``messages`` are all of one language. What a development or test message says too is in neither
    half, what both halves say is written alone.
    """
    parts = [
        _HALVES[fold % 2] if (split := split_of(fold, cfg)) == "train" else split
        for fold in messages["fold"]
    ]
    again = said_before(messages["text"].tolist(), parts, ("test", "dev", *_HALVES))
    chosen = [part == half and not known for part, known in zip(parts, again, strict=True)]
    return messages[chosen]

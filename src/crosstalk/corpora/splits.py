"""Folds and splits: which messages are trained on and which are kept for testing.

A fold is a property of what is said, not of the recording, language or source: the same sentence
in Wesnoth, in a caption or in a translation has one fold everywhere, so test data of one source
never occurs in the training data of another.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Literal

import pandas as pd

from crosstalk.params.splits import FOLDS, SplitParams

type Split = Literal["train", "dev", "test"]

# Which training folds each side may see, so that no sentence is known to both.
_PARITY = {"written": 0, "spoken": 1}


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


def training_half(
    messages: pd.DataFrame, half: Literal["written", "spoken"], cfg: SplitParams
) -> pd.DataFrame:
    """Training messages of even folds (``written``) or of odd folds (``spoken``), in order."""
    train = messages["fold"].map(lambda fold: split_of(fold, cfg) == "train")
    return messages[train & (messages["fold"] % 2 == _PARITY[half])]

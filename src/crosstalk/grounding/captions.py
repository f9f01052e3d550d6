"""Which audio a model hears, which captions it matches, and with what: the conditions compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from crosstalk.errors import DataError
from crosstalk.grounding.pictures import Pictures
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech

Halves = Literal["same", "disjoint"]
Variant = Literal["alone", "pictures", "shuffled", "text"]

Kind = Literal["mono", "bi", "half", "disjoint"]

KINDS: dict[Kind, tuple[float, Halves]] = {
    "mono": (1.0, "same"),
    "bi": (0.5, "same"),
    "half": (0.5, "same"),
    "disjoint": (0.5, "disjoint"),
}
"""Share of each language's speech that a kind of model hears, and which half of two languages."""
CAPTIONS = ("tuxpaint", "captions")
"""Sources whose utterances describe pictures; at scale `paper` the second."""


def training_audio(
    speech: PackedSpeech, languages: Sequence[str], share: float, halves: Halves
) -> PackedSpeech:
    """Select a share of the training utterances of each language.

    Which, depends on what is said alone: with ``same``, all languages keep the same items, and so
    captions of the same pictures; with ``disjoint``, the second language keeps items from the other
    end, so that up to a share of one half no picture is described in both.

    Raises
    ------
    DataError
        A language keeps no utterance.

    """
    cuts = speech.cuts
    place = cuts["item"].map({item: _place(item) for item in cuts["item"].unique()})
    kept = np.zeros(len(cuts), bool)
    for number, language in enumerate(languages):
        other_end = halves == "disjoint" and number % 2 == 1
        chosen = place >= 1 - share if other_end else place < share
        mine = chosen & (cuts["split"] == "train") & (cuts["language"] == language)
        if not mine.any():
            raise DataError(
                f"no training speech in {language!r}; there is "
                f"{' '.join(sorted(cuts.loc[cuts['split'] == 'train', 'language'].unique()))}"
            )
        kept |= mine.to_numpy()
    return speech.select(kept)


def _place(item: str) -> float:
    """Where an item stands from 0 to 1, the same in every language, seed and run."""
    return derive_seed(0, f"half of {item}") / 2**32


@dataclass(frozen=True, eq=False)
class Described:
    """Captions with what they describe; rows of one language follow one another."""

    speech: PackedSpeech
    picture: np.ndarray
    """int64 [n]: row of `Pictures` that each caption is matched with."""
    language: np.ndarray
    """[n]: of each caption."""


def described(
    speech: PackedSpeech,
    pictures: Pictures,
    languages: Sequence[str],
    *,
    shuffled: int | None = None,
) -> Described:
    """Captions among utterances, with the pictures that they describe.

    With a seed in ``shuffled``, the pictures of each language are permuted among its captions: the
    same loss and the same work, but nothing to see.

    Raises
    ------
    DataError
        A language has no caption of a picture.

    """
    cuts = speech.cuts
    known = cuts["source"].isin(CAPTIONS) & cuts["item"].isin(pictures.index)
    order, rows = [], []
    for language in languages:
        mine = np.flatnonzero(known & (cuts["language"] == language))
        if not len(mine):
            raise DataError(f"no spoken caption in {language!r} describes a picture")
        picture = np.array([pictures.index[item] for item in cuts["item"].iloc[mine]])
        if shuffled is not None:
            seed = derive_seed(shuffled, f"shuffled pictures {language}")
            picture = np.random.default_rng(seed).permutation(picture)
        order.append(mine)
        rows.append(picture)
    part = speech.take(np.concatenate(order))
    return Described(part, np.concatenate(rows), part.cuts["language"].to_numpy())


class CaptionDraws:
    """Which captions are matched in a step: equally many a language, each once an epoch of it."""

    def __init__(self, language: np.ndarray, captions: int, seed: int) -> None:
        names = list(dict.fromkeys(language))
        self.rows = [np.flatnonzero(language == name) for name in names]
        self.each = captions // len(names)
        self.seed = seed

    def __call__(self, step: int) -> np.ndarray:
        """Return rows int64 [B]; the same step always gives the same ones."""
        drawn = []
        for number, rows in enumerate(self.rows):
            places = np.arange(step * self.each, (step + 1) * self.each)
            epochs, within = np.divmod(places, len(rows))
            for epoch in np.unique(epochs):
                seed = derive_seed(self.seed, f"captions {number} epoch {epoch}")
                order = np.random.default_rng(seed).permutation(rows)
                drawn.append(order[within[epochs == epoch]])
        return np.concatenate(drawn)


def caption_audio(speech: PackedSpeech, rows: np.ndarray, seconds: float) -> tuple[Tensor, Tensor]:
    """Frames float32 [B, L, F] of utterances, cut at ``seconds`` and padded; lengths int64 [B]."""
    most = round(seconds * speech.rate)
    pieces = [speech.frames_of(row)[:most] for row in rows.tolist()]
    lengths = torch.tensor([len(piece) for piece in pieces])
    return torch.nn.utils.rnn.pad_sequence(pieces, batch_first=True), lengths

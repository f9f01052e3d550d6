"""Batches of several languages, as in XLSR: who is heard how often, and in which step.

The authors repeat the files of languages with little audio in one list, and train on it as on one
language. Here utterances are drawn with the probabilities of such a list. There are no epochs: a
batch is a function of the seed and its number alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crosstalk.errors import DataError
from crosstalk.params.xlsr import PretrainParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech

POOL = 8
"""Batches that are drawn together and sorted by length, so that little is cut off."""


@dataclass(frozen=True)
class Batch:
    """Crops of one length."""

    audio: Tensor
    """float32 [B, L, F]."""
    seed: int
    """For whatever else is random in this batch: masks, noise, dropout."""


def language_shares(seconds: pd.Series, alpha: float) -> pd.Series:
    """Share of each language among what is heard, p_l ~ n_l ** alpha, of its audio n_l."""
    weights = seconds**alpha
    return weights / weights.sum()


class Batches:
    """Draws utterances so that each language is heard for its share of the time.

    Within a language every utterance is as likely as any other. A batch holds utterances of
    similar length, cropped at random to the shortest as in fairseq, so that none is padded.
    """

    def __init__(self, speech: PackedSpeech, cfg: PretrainParams, seed: int) -> None:
        """Prepare to draw from ``speech``.

        Raises
        ------
        DataError
            No utterance is as long as ``min_seconds``.

        """
        long_enough = speech.lengths >= round(cfg.min_seconds * speech.rate)
        if not long_enough.any():
            raise DataError(f"no utterance has min_seconds={cfg.min_seconds}: lower it")
        self.speech = speech.select(long_enough)
        self.seed = seed
        self.lengths = np.minimum(self.speech.lengths, round(cfg.crop_seconds * speech.rate))
        heard = pd.Series(self.lengths / speech.rate)
        language = self.speech.cuts["language"]
        total = heard.groupby(language).sum()
        rate = language_shares(total, cfg.alpha) / total
        weight = language.map(rate).to_numpy()
        self.probability = weight / weight.sum()
        """float64 [n]: of each utterance at every draw."""
        self.seconds = float(heard.sum())
        """Audio that there is to hear, long utterances counted as one crop."""
        mean = float(self.probability @ heard)
        self.pool_size = max(POOL, round(POOL * cfg.batch_seconds / mean))
        self._drawn: tuple[int, list[np.ndarray]] | None = None

    def utterances_at(self, step: int) -> np.ndarray:
        """Return the utterances int64 [B] of a step."""
        number, index = divmod(step, POOL)
        if self._drawn is None or self._drawn[0] != number:
            self._drawn = number, self._pool(number)
        return self._drawn[1][index]

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step."""
        utterances = self.utterances_at(step)
        seed = derive_seed(self.seed, f"batch {step}")
        length = int(self.lengths[utterances].min())
        spare = self.speech.lengths[utterances] - length
        starts = self.speech.starts[utterances] + np.random.default_rng(seed).integers(spare + 1)
        crops = [self.speech.frames[start : start + length] for start in starts.tolist()]
        return Batch(torch.stack(crops).float(), seed)

    def _pool(self, number: int) -> list[np.ndarray]:
        """Draw `POOL` batches, of equally much audio each.

        Draws are systematic: equally spaced on the line of probabilities, of utterances in random
        order. So an utterance comes as often as it should, rounded up or down.
        """
        rng = np.random.default_rng(derive_seed(self.seed, f"pool {number}"))
        order = rng.permutation(len(self.probability))
        line = np.cumsum(self.probability[order])
        points = (np.arange(self.pool_size) + rng.random()) / self.pool_size * line[-1]
        picks = np.searchsorted(line, points, side="right").clip(max=len(line) - 1)
        drawn = order[picks]
        drawn = drawn[np.argsort(self.lengths[drawn], kind="stable")]
        return _share_out(drawn, self.lengths[drawn], rng.permutation(POOL))


def _share_out(drawn: np.ndarray, lengths: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Cut ``drawn`` into `POOL` runs of about equal length, none of them empty, in ``order``."""
    middles = np.cumsum(lengths) - lengths / 2
    number = np.arange(1, POOL)
    cuts = np.searchsorted(middles, number * lengths.sum() / POOL)
    cuts = np.maximum.accumulate(cuts - number) + number
    runs = np.split(drawn, cuts.clip(number, len(drawn) - POOL + number))
    return [runs[index] for index in order]

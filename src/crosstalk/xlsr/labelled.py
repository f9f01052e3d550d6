"""Minutes of labelled speech: which utterances, and in which batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from crosstalk.errors import DataError
from crosstalk.params.ctc import LabelParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.xlsr.amounts import first_minutes, in_digest_order
from crosstalk.xlsr.tokens import Labels, character_labels, phone_labels


@dataclass(frozen=True)
class LabelledSpeech:
    """Utterances with their labels, one sequence each."""

    speech: PackedSpeech
    labels: list[list[str]]

    @property
    def languages(self) -> list[str]:
        return self.speech.cuts["language"].tolist()


def with_labels(
    speech: PackedSpeech, languages: Sequence[str], split: str, labels: Labels, cfg: LabelParams
) -> LabelledSpeech:
    """Return the utterances of a split that have labels, by the digest of their id.

    Raises
    ------
    DataError
        A language has none.

    """
    cuts = speech.cuts
    chosen = np.flatnonzero(cuts["language"].isin(languages) & (cuts["split"] == split))
    found = {
        index: phone_labels(row.phones, cfg)
        if labels == "phones"
        else character_labels(row.text, row.language)
        for index, row in zip(chosen, cuts.iloc[chosen].itertuples(), strict=True)
    }
    spelt = np.array([index for index in chosen if found[index]], dtype=np.int64)
    kept = spelt[in_digest_order(cuts["id"].iloc[spelt])]
    there = set(cuts["language"].iloc[kept])
    if missing := [language for language in languages if language not in there]:
        raise DataError(
            f"no {split} utterance of {' '.join(missing)} has {labels}; languages that have: "
            f"{' '.join(sorted(there)) or 'none of those asked for'}"
        )
    return LabelledSpeech(speech.take(kept), [found[index] for index in kept])


def shortened(labelled: LabelledSpeech, minutes: float) -> LabelledSpeech:
    """Keep the `first_minutes` of each language; raises DataError if one has less."""
    kept = np.flatnonzero(first_minutes(labelled.speech.cuts, minutes))
    return LabelledSpeech(labelled.speech.take(kept), [labelled.labels[index] for index in kept])


@dataclass(frozen=True)
class LabelledBatch:
    """Utterances of similar length, padded with zeros."""

    audio: Tensor
    """float32 [B, L, F]."""
    lengths: Tensor
    """int64 [B]."""
    targets: Tensor
    """int64 [S]: indices of the labels of all rows."""
    target_lengths: Tensor
    """int64 [B]."""
    place: int
    """In the plan: every epoch has a batch of the same utterances."""


class LabelledBatches:
    """Batches by their number: every utterance once in each epoch.

    As in fairseq, utterances are sorted by length and cut into batches once; every epoch has them
    in another order.
    """

    def __init__(
        self,
        speech: PackedSpeech,
        targets: Sequence[Sequence[int]],
        *,
        batch_seconds: float,
        seed: int,
        device: torch.device,
    ) -> None:
        self.speech, self.targets, self.seed, self.device = speech, targets, seed, device
        self.plan = _by_length(speech.lengths, batch_seconds * speech.rate)
        """int64 [B] each: the utterances of a batch."""

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self.plan)

    def place_of(self, number: int) -> int:
        """Return which of the plan a batch is."""
        epoch, turn = divmod(number, len(self.plan))
        order = np.random.default_rng(derive_seed(self.seed, f"epoch {epoch}"))
        return int(order.permutation(len(self.plan))[turn])

    def __call__(self, number: int) -> LabelledBatch:
        """Return a batch on the device."""
        place = self.place_of(number)
        utterances = self.plan[place]
        audio = pad_sequence([self.speech.frames_of(i) for i in utterances], batch_first=True)
        labels = [self.targets[index] for index in utterances]
        return LabelledBatch(
            audio.to(self.device),
            torch.from_numpy(self.speech.lengths[utterances]).to(self.device),
            torch.tensor([index for row in labels for index in row], device=self.device),
            torch.tensor([len(row) for row in labels], device=self.device),
            place,
        )


def _by_length(lengths: np.ndarray, budget: float) -> list[np.ndarray]:
    """Cut utterances, sorted, into runs that fit the budget when padded to their longest."""
    runs: list[list[int]] = [[]]
    for index in np.argsort(lengths, kind="stable"):
        if runs[-1] and lengths[index] * (len(runs[-1]) + 1) > budget:
            runs.append([])
        runs[-1].append(int(index))
    return [np.array(run) for run in runs]

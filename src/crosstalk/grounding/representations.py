"""What models and plain features make of utterances: frames with the times they stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torchaudio.compliance import kaldi
from torchaudio.functional import create_dct

from crosstalk.corpora.manifests import SAMPLE_RATE
from crosstalk.errors import DataError
from crosstalk.params.xlsr import EncoderParams
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training.device import device
from crosstalk.xlsr.model import SpeechModel

BATCH = 16
"""Utterances that are encoded at a time."""
CEPSTRA = 13
MEL_BINS = 40
EDGE = "#"
"""Neighbour of a phone at either end of its utterance."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Representation of all utterances, one after another."""

    vectors: Tensor
    """float32 [N, d]."""
    offsets: np.ndarray
    """int64 [u + 1]: utterance i has the frames from ``offsets[i]`` to ``offsets[i + 1]``."""
    first: float
    """What moment of its utterance frame 0 stands for, in seconds."""
    hop: float
    """Seconds from frame to frame."""

    def means(self) -> np.ndarray:
        """Mean over the frames of each utterance, float32 [u, d]."""
        parts = self.vectors.split(np.diff(self.offsets).tolist())
        return torch.stack([part.mean(0) for part in parts]).numpy()

    def ranges(self, utterance: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Frames whose moments lie in [start, end) seconds of an utterance, at least one each.

        Returns int64 [n, 2], half-open; a stretch that holds no moment gets the nearest frame.
        """
        size = np.diff(self.offsets)[utterance]
        edges = [np.ceil((t - self.first) / self.hop - 1e-6).astype(np.int64) for t in (start, end)]
        low, high = (np.clip(edge, 0, size) for edge in edges)
        middle = np.rint(((start + end) / 2 - self.first) / self.hop).astype(np.int64)
        nearest = np.clip(middle, 0, size - 1)
        empty = low >= high
        low, high = np.where(empty, nearest, low), np.where(empty, nearest + 1, high)
        return np.stack([low, high], axis=1) + self.offsets[utterance][:, None]


def latent_times(cfg: EncoderParams, rate: float) -> tuple[float, float]:
    """Moment of the first latent frame and time between two, in seconds.

    A latent frame stands for the middle of the input frames that it sees.
    """
    return cfg.receptive_field / 2 / rate, cfg.stride / rate


@torch.inference_mode()
def layers_of(model: SpeechModel, speech: PackedSpeech) -> list[Frames]:
    """Outputs of every block of a model, which hears utterances whole and unmasked.

    Raises
    ------
    DataError
        An utterance is too short for the encoder.

    """
    model = model.eval().to(device())
    order = np.argsort(speech.lengths, kind="stable")
    found: dict[int, list[Tensor]] = {}
    for rows in np.array_split(order, max(1, len(order) // BATCH)):
        audio = pad_sequence([speech.frames_of(row) for row in rows.tolist()], batch_first=True)
        lengths = torch.from_numpy(speech.lengths[rows])
        encoded = model.encode(audio.to(device()), lengths.to(device()))
        for i, row in enumerate(rows.tolist()):
            size = int(encoded.lengths[i])
            found[row] = [layer[i, :size].float().cpu() for layer in encoded.layers[1:]]
    sizes = [len(found[row][0]) for row in range(len(speech))]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    first, hop = latent_times(model.cfg.encoder, speech.rate)
    return [
        Frames(torch.cat([found[row][layer] for row in range(len(speech))]), offsets, first, hop)
        for layer in range(len(found[0]))
    ]


def log_mel(speech: PackedSpeech) -> Frames:
    """Log-mel energies: the packed frames, or those of packed samples."""
    if speech.frames.shape[1] > 1:
        parts = [speech.frames_of(row) for row in range(len(speech))]
        shift = 1 / speech.rate
    else:
        parts = [
            kaldi.fbank(
                speech.frames_of(row).T,
                num_mel_bins=MEL_BINS,
                sample_frequency=SAMPLE_RATE,
                snip_edges=False,
            )
            for row in range(len(speech))
        ]
        parts = [part - part.mean(0) for part in parts]
        shift = 0.01
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return Frames(torch.cat(parts), offsets, shift / 2, shift)


def cepstra(mel: Frames) -> Frames:
    """Mel-frequency cepstra of log-mel energies, float32 [N, 13]."""
    transform = create_dct(CEPSTRA, mel.vectors.shape[1], "ortho")
    return Frames(mel.vectors @ transform, mel.offsets, mel.first, mel.hop)


def phone_tokens(phones: pd.DataFrame, speech: PackedSpeech) -> pd.DataFrame:
    """Phones of utterances, in their order, as `crosstalk.evaluation.abx` wants them.

    Columns: ``utterance`` (row of ``speech``), ``start``, ``end``, ``phone``, ``before``,
    ``after``, ``speaker``, ``language``. Ends of an utterance are neighbours of their own.

    Raises
    ------
    DataError
        No utterance has phones.

    """
    row = pd.Series(np.arange(len(speech)), index=speech.cuts["id"])
    found = phones[phones["utterance"].isin(row.index)].copy()
    if found.empty:
        raise DataError("none of the utterances to evaluate has aligned phones: align them again")
    found["utterance"] = row[found["utterance"]].to_numpy()
    found = found.sort_values("utterance", kind="stable", ignore_index=True)
    beside = found.groupby("utterance")["phone"]
    found["before"] = beside.shift(1, fill_value=EDGE)
    found["after"] = beside.shift(-1, fill_value=EDGE)
    for name in ("speaker", "language"):
        found[name] = speech.cuts[name].to_numpy()[found["utterance"]]
    return found

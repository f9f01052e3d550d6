"""Mel-frequency cepstral coefficients, equal to Kaldi's.

The same numbers as ``torchaudio.compliance.kaldi.mfcc`` with ``snip_edges=False`` and no dither
(parity is tested), but window, filters and transform are built once, not once an utterance.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchaudio.compliance import kaldi
from torchaudio.functional import create_dct

from crosstalk.params.speech import FeatureParams

# The floor of a filter's energy, Kaldi's. With samples in [-1, 1] it is the noise of 16-bit
# rounding, so the digital silence of synthetic closures looks like a quiet recording's.
_FLOOR = torch.finfo(torch.float32).eps

_CONSTANT = 1e-6  # a smaller deviation is rounding, not speech


class _Front(NamedTuple):
    shift: int
    window: Tensor  # [w]
    filters: Tensor  # [fft / 2 + 1, mel]
    cosine: Tensor  # [mel, coefficients], liftered
    fft: int


def mfcc(samples: np.ndarray, cfg: FeatureParams) -> np.ndarray:
    """MFCC of one utterance; frame t is centred on ``(t + 1/2)`` shifts, edges are mirrored.

    Parameters
    ----------
    samples
        float32 [n] in [-1, 1] at ``cfg.sample_rate``.
    cfg
        Analysis parameters; ``cfg.normalisation`` is not applied here.

    Returns
    -------
    ndarray
        float32 [T, cfg.coefficients] with T = n / shift, rounded.

    """
    front = _front(cfg)
    windows = _windows(samples, front)
    if not len(windows):
        return np.empty((0, cfg.coefficients), dtype=np.float32)
    windows = windows - windows.mean(dim=1, keepdim=True)
    previous = torch.cat((windows[:, :1], windows[:, :-1]), dim=1)
    windows = (windows - cfg.preemphasis * previous) * front.window
    spectrum = torch.fft.rfft(windows, n=front.fft)
    power = spectrum.real.square() + spectrum.imag.square()
    energies = (power @ front.filters).clamp(min=_FLOOR).log()
    return (energies @ front.cosine).numpy()


def levels(samples: np.ndarray, cfg: FeatureParams) -> np.ndarray:
    """Root mean square of each frame of :func:`mfcc` in dB relative to full scale, float32 [T]."""
    power = _windows(samples, _front(cfg)).square().mean(dim=1)
    return (10 * power.clamp(min=_FLOOR**2).log10()).numpy()


def _windows(samples: np.ndarray, front: _Front) -> Tensor:
    """Cut a signal into frames float32 [T, w]."""
    size = len(front.window)
    frames = (len(samples) + front.shift // 2) // front.shift
    if frames == 0:
        return torch.empty(0, size)
    left = size // 2 - front.shift // 2
    right = max(0, (frames - 1) * front.shift + size - left - len(samples))
    padded = torch.from_numpy(np.pad(samples, (left, right), mode="symmetric"))
    return padded.unfold(0, size, front.shift)[:frames]


@lru_cache(maxsize=8)
def _front(cfg: FeatureParams) -> _Front:
    size = int(cfg.sample_rate * cfg.window_ms / 1000)
    fft = 1 << (size - 1).bit_length()
    filters, _ = kaldi.get_mel_banks(
        cfg.mel_bins, fft, cfg.sample_rate, cfg.low_frequency, 0.0, 100.0, -500.0, 1.0
    )
    # Kaldi has no filter weight at the Nyquist frequency.
    filters = torch.nn.functional.pad(filters.float(), (0, 1)).T.contiguous()
    cosine = create_dct(cfg.coefficients, cfg.mel_bins, "ortho")
    if cfg.lifter:
        order = torch.arange(cfg.coefficients)
        cosine = cosine * (1 + cfg.lifter / 2 * torch.sin(math.pi * order / cfg.lifter))
    return _Front(
        shift=int(cfg.sample_rate * cfg.shift_ms / 1000),
        window=torch.hann_window(size, periodic=False).pow(0.85),  # Povey's
        filters=filters,
        cosine=cosine.float(),
        fft=fft,
    )


def normalise(frames: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Give every group of frames mean 0 and variance 1 in every coefficient.

    Parameters
    ----------
    frames
        float32 [N, d].
    groups
        int [N], the speaker or utterance of each frame.

    Returns
    -------
    ndarray
        float32 [N, d]. A coefficient that is constant within a group becomes 0.

    """
    size = int(groups.max()) + 1 if groups.size else 0
    counts = np.maximum(np.bincount(groups, minlength=size), 1)

    def group_means(values: np.ndarray) -> np.ndarray:
        sums = [np.bincount(groups, column, size) for column in values.T]
        return np.stack(sums, axis=1) / counts[:, None]

    centred = frames - group_means(frames).astype(np.float32)[groups]
    deviation = np.sqrt(group_means(centred**2))
    deviation[deviation < _CONSTANT] = np.inf
    return (centred / deviation[groups]).astype(np.float32)

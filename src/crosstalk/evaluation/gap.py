"""The multilingual gap and what grounding gains, as ratios of averaged ABX errors.

Cruz Blandón et al. 2025 print four ratios. They fit together to rounding only if the gap is
relative to the monolingual error of the same modality, the gain to the audio-only error of the same
languages, and errors are averaged before ratios are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Errors[T: (float, np.ndarray)]:
    """ABX errors of the four kinds of model; numbers, or arrays of one shape."""

    mono_audio: T
    mono_grounded: T
    bi_audio: T
    bi_grounded: T


class Ratios[T: (float, np.ndarray)](NamedTuple):
    """The four numbers, as shares (0.315 for 31.5 %)."""

    gap_audio: T
    """y: what a second language costs an audio-only model."""
    gap_grounded: T
    """w: what it costs a grounded one."""
    gain_mono: T
    """x: what grounding gains a monolingual model."""
    gain_bi: T
    """z: what it gains a bilingual one."""


def gap[T: (float, np.ndarray)](bilingual: T, monolingual: T) -> T:
    """Relative increase of the error from one language to two."""
    return (bilingual - monolingual) / monolingual


def gain[T: (float, np.ndarray)](audio: T, grounded: T) -> T:
    """Relative decrease of the error from audio alone to audio with pictures."""
    return (audio - grounded) / audio


def ratios[T: (float, np.ndarray)](errors: Errors[T]) -> Ratios[T]:
    """The four ratios of averaged errors."""
    return Ratios(
        gap_audio=gap(errors.bi_audio, errors.mono_audio),
        gap_grounded=gap(errors.bi_grounded, errors.mono_grounded),
        gain_mono=gain(errors.mono_audio, errors.mono_grounded),
        gain_bi=gain(errors.bi_audio, errors.bi_grounded),
    )


def narrowed[T: (float, np.ndarray)](found: Ratios[T]) -> T:
    """By how much grounding narrows the gap, y - w (the paper's first hypothesis: above 0)."""
    return found.gap_audio - found.gap_grounded


def widened[T: (float, np.ndarray)](found: Ratios[T]) -> T:
    """By how much more a bilingual model gains, z - x (the second hypothesis: above 0)."""
    return found.gain_bi - found.gain_mono


def implied_gap(gap_audio: float, gain_mono: float, gain_bi: float) -> float:
    """The grounded gap that the other three ratios imply."""
    return (1 + gap_audio) * (1 - gain_bi) / (1 - gain_mono) - 1


def mean_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Average errors over seeds, then over the phone pairs of each group, then over groups.

    ``values`` are float [s, n], seeds by phone pairs; ``groups`` [n] names the group of each.
    """
    return float(np.mean([values[:, groups == name].mean() for name in np.unique(groups)]))


def resampled_errors(
    values: Mapping[str, np.ndarray], groups: np.ndarray, *, resamples: int, seed: int
) -> dict[str, np.ndarray]:
    """Average errors over resampled phone pairs and seeds, the same draws for every model.

    Every model answers the same questions, so a phone pair that is drawn is drawn for all of them:
    the interval of a ratio is then that of a paired comparison. Phone pairs are drawn within their
    group (a language), whose share of the mean is fixed; seeds are drawn independently of them.

    Parameters
    ----------
    values
        Errors of each model, float [s, n]: seeds by phone pairs.
    groups
        [n]: the group of each phone pair.
    resamples, seed
        Number of resamples, and where their random stream starts.

    Returns
    -------
    dict
        For each model float [resamples], as `mean_error` averages.

    """
    generator = np.random.default_rng(seed)
    runs = len(next(iter(values.values())))
    of_runs = _weights(generator, runs, resamples)
    names = np.unique(groups)
    weights = np.zeros((resamples, len(groups)))
    for name in names:
        inside = groups == name
        weights[:, inside] = _weights(generator, int(inside.sum()), resamples) / len(names)
    return {
        model: np.einsum("rs,sn,rn->r", of_runs, errors, weights, optimize=True)
        for model, errors in values.items()
    }


def _weights(generator: np.random.Generator, n: int, resamples: int) -> np.ndarray:
    """Share of each of n things in each resample, [resamples, n]."""
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples) / n

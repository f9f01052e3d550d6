"""Syllables by the theta oscillator, and the words that runs of syllables could be.

The oscillator is that of Räsänen, Doyle and Frank ("Unsupervised word discovery from speech using
automatic segmentation into syllable-like units", Interspeech 2015; "Pre-linguistic segmentation of
speech into syllable-like units", Cognition 2018), driven by one broadband envelope where theirs is
driven by twenty auditory bands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.signal import cont2discrete, find_peaks, lfilter

from crosstalk.params.segmentation import SyllableParams


def find_syllables(energy: np.ndarray, cfg: SyllableParams, shift_ms: float) -> np.ndarray:
    """Syllables of one utterance, pauses left out.

    Parameters
    ----------
    energy
        float [T]: level of each frame in dB.
    cfg
        Oscillator and thresholds.
    shift_ms
        Time between frames.

    Returns
    -------
    ndarray
        int64 [s, 2]: first frame, and the frame after the last one, of each syllable in order.
        Syllables between two pauses follow one another without a gap.

    """
    shortest = max(1, round(cfg.minimal_syllable_ms / shift_ms))
    curve = sonority(energy, cfg, shift_ms)
    valleys, found = find_peaks(-curve, prominence=cfg.valley_db)
    deepest_first = valleys[np.argsort(-found["prominences"], kind="stable")]
    syllables = []
    for first, last in speech_stretches(energy, cfg, shift_ms):
        if last - first < shortest:
            continue
        edges = np.array([first, last])
        for valley in deepest_first[(deepest_first > first) & (deepest_first < last)]:
            if np.abs(edges - valley).min() >= shortest:
                edges = np.append(edges, valley)
        edges.sort()
        syllables.append(np.stack((edges[:-1], edges[1:]), axis=1))
    return np.concatenate(syllables) if syllables else np.empty((0, 2), np.int64)


def sonority(energy: np.ndarray, cfg: SyllableParams, shift_ms: float) -> np.ndarray:
    """Oscillator amplitude at the edges of frames, in dB below its maximum.

    A damped harmonic oscillator x″ + (ω/Q) x′ + ω² x = ω² e(t) follows the amplitude envelope e,
    which is constant within a frame, so that its motion is solved exactly. At its own frequency it
    lags a quarter of a period, 50 ms at 5 Hz, which is taken off, so that the valleys of a rhythm
    stay where they are. (The authors' code takes off 31 ms, the group delay.)

    Parameters
    ----------
    energy
        float [T]: level of each frame in dB.

    Returns
    -------
    ndarray
        float64 [T + 1]: value t belongs to the instant between frames t - 1 and t. Values are
        floored at ``-cfg.silence_db``.

    """
    edges = np.arange(len(energy) + 1)
    loudest = energy.max(initial=-np.inf)
    if not np.isfinite(loudest):
        return np.full(len(edges), -cfg.silence_db)
    omega = 2 * math.pi * cfg.centre_hz * shift_ms / 1000  # radians a frame
    delay = math.pi / 2 / omega
    envelope = 10 ** ((np.asarray(energy, np.float64) - loudest) / 20)
    envelope = np.append(envelope, np.zeros(math.ceil(delay)))
    continuous = ([omega**2], [1, omega / cfg.q, omega**2])
    numerator, denominator, _ = cont2discrete(continuous, dt=1, method="zoh")
    amplitude = lfilter(numerator.ravel(), denominator, np.append(envelope, 0.0))
    amplitude = np.interp(edges + delay, np.arange(len(amplitude)), amplitude)
    floor = 10 ** (-cfg.silence_db / 20)
    return 20 * np.log10(np.maximum(amplitude / max(amplitude.max(), floor), floor))


def speech_stretches(energy: np.ndarray, cfg: SyllableParams, shift_ms: float) -> np.ndarray:
    """Stretches of speech between pauses, int64 [n, 2]: first frame, and that after the last."""
    loudest = energy.max(initial=-np.inf)
    if not np.isfinite(loudest):
        return np.empty((0, 2), np.int64)
    loud = np.concatenate(([False], energy > loudest - cfg.silence_db, [False]))
    changes = np.flatnonzero(loud[1:] != loud[:-1]).reshape(-1, 2)
    pauses = changes[1:, 0] - changes[:-1, 1] >= cfg.minimal_pause_ms / shift_ms
    first = changes[np.concatenate(([True], pauses)), 0]
    last = changes[np.concatenate((pauses, [True])), 1]
    return np.stack((first, last), axis=1)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Every word that a segmentation may contain: runs of syllables without a pause in them."""

    first: np.ndarray
    """int64 [c]: first frame of each candidate; sorted by last syllable, then by length."""
    last: np.ndarray
    """int64 [c]: the frame after its last one."""
    table: np.ndarray
    """int64 [s, L]: at ``[i, n - 1]`` the candidate of n syllables that ends with syllable i, or
    -1 if there is none."""

    def __len__(self) -> int:
        return len(self.first)

    @property
    def frames(self) -> np.ndarray:
        """int64 [c]: length of each candidate."""
        return self.last - self.first


def candidates(
    syllables: np.ndarray, utterance: np.ndarray, *, max_syllables: int, min_frames: int
) -> Candidates:
    """List the runs of up to ``max_syllables`` that have at least ``min_frames``.

    A stretch of speech that cannot be cut into such runs keeps its short ones too.

    Parameters
    ----------
    syllables
        int64 [s, 2]: first frame, and that after the last, of all utterances in order.
    utterance
        int [s]: where each belongs.

    """
    first, last = syllables.T
    count = len(syllables)
    joined = (first[1:] == last[:-1]) & (utterance[1:] == utterance[:-1])
    stretch = np.cumsum(np.append(True, ~joined)[:count]) - 1
    ends = np.arange(count)[:, None]
    starts = ends - np.arange(max_syllables)
    inside = np.maximum(starts, 0)
    possible = (starts >= 0) & (stretch[inside] == stretch[ends])
    long_enough = possible & (last[ends] - first[inside] >= min_frames)
    allowed = np.where(_divisible(long_enough, stretch)[stretch][:, None], long_enough, possible)
    table = np.full(allowed.shape, -1)
    table[allowed] = np.arange(allowed.sum())
    row, column = np.nonzero(allowed)
    return Candidates(first[row - column], last[row], table)


def _divisible(allowed: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Whether each stretch of syllables is a sequence of allowed runs, bool [stretches]."""
    reached = [True]
    ends = np.append(stretch[1:] != stretch[:-1], True)[: len(stretch)]
    result = []
    for position, (row, is_end) in enumerate(zip(allowed, ends, strict=True)):
        here = any(reached[position - n] for n in np.flatnonzero(row))
        if is_end:
            result.append(here)
        reached.append(here or is_end)
    return np.array(result, bool)


def cheapest_words(costs: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Find the segmentation of least total cost by dynamic programming.

    Parameters
    ----------
    costs
        float [c] of each candidate.
    table
        int64 [s, L] of :class:`Candidates`; any number of utterances.

    Returns
    -------
    ndarray
        int64 [w]: the chosen candidates in order; they cover every syllable once. Of equally cheap
        ends the shorter word is taken.

    """
    priced = np.where(table >= 0, np.append(costs, np.inf)[table], np.inf).tolist()
    best, lengths = [0.0], []
    for position, row in enumerate(priced):
        least, length = math.inf, 0
        for n, cost in enumerate(row[: position + 1]):
            total = best[position - n] + cost
            if total < least:
                least, length = total, n + 1
        best.append(least)
        lengths.append(length)
    return words_from_lengths(lengths, table)


def words_from_lengths(lengths: list[int], table: np.ndarray) -> np.ndarray:
    """Walk back from the last syllable; ``lengths[i]`` is that of the word ending there."""
    chosen, position = [], len(lengths)
    while position:
        chosen.append(table[position - 1, lengths[position - 1] - 1])
        position -= lengths[position - 1]
    return np.array(chosen[::-1], np.int64)

"""Forced alignment without a trained model: one Gaussian a third of a phone, from a flat start.

The monophone stage of every classical recogniser (Viterbi training). Each phone is a row of states,
each state a Gaussian with diagonal covariance over MFCC and their first and second differences; a
pause may stand between any two states. Speech is first cut evenly, then Gaussians and alignment are
fitted in turns. torchaudio's forced alignment finds the path: its blank, which may stand anywhere
and need not, is our pause.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import compute_deltas, forced_align

from crosstalk.errors import DataError
from crosstalk.params.monophones import MonophoneParams

PAUSE = 0


def with_differences(cepstra: np.ndarray) -> Tensor:
    """Append first and second differences over time: float32 [T, F] to [T, 3 F]."""
    first = compute_deltas(torch.from_numpy(cepstra).T)
    return torch.cat([torch.from_numpy(cepstra).T, first, compute_deltas(first)]).T.contiguous()


def align(
    frames: Sequence[Tensor],
    loud: Sequence[np.ndarray],
    phones: Sequence[Sequence[str]],
    cfg: MonophoneParams,
) -> list[np.ndarray | None]:
    """Find the frames of every phone of every utterance.

    All utterances are fitted together, so they should be of one language.

    Parameters
    ----------
    frames
        float32 [T, d] of each utterance.
    loud
        bool [T]: frames that may be speech; the flat start cuts the stretch from the first to the
        last one.
    phones
        What is said.

    Returns
    -------
    list
        int64 [L, 2] of each utterance, first frame and the one after the last of every phone; None
        for one that has fewer frames than its phones have states.

    Raises
    ------
    DataError
        No utterance is long enough.

    """
    inventory = sorted({phone for said in phones for phone in said})
    number = {phone: i for i, phone in enumerate(inventory)}
    targets = [_states([number[phone] for phone in said], cfg.states) for said in phones]
    fits = [0 < len(t) <= len(x) for t, x in zip(targets, frames, strict=True)]
    if not any(fits):
        raise DataError("no utterance has as many frames as its phones have states")
    kept = [i for i, fit in enumerate(fits) if fit]
    data = torch.cat([frames[i] for i in kept])
    sizes = [len(frames[i]) for i in kept]
    classes = 1 + cfg.states * len(inventory)
    paths = [_flat(targets[i], loud[i]) for i in kept]
    for _ in range(cfg.rounds):
        scores = _log_likelihood(data, torch.cat(paths), classes, cfg).split(sizes)
        paths = [_best_path(s, targets[i]) for s, i in zip(scores, kept, strict=True)]
    found: list[np.ndarray | None] = [None] * len(frames)
    for i, path in zip(kept, paths, strict=True):
        found[i] = _phone_frames(path.numpy(), len(phones[i]), cfg.states)
    return found


def _states(phones: list[int], states: int) -> Tensor:
    """States of a transcript, int32 [L · states]; 0 is the pause."""
    row = torch.tensor(phones, dtype=torch.int32)[:, None] * states + torch.arange(1, states + 1)
    return row.flatten().to(torch.int32)


def _flat(targets: Tensor, loud: np.ndarray) -> Tensor:
    """Cut the stretch of speech evenly; if it is too short for that, cut all there is."""
    speech = np.flatnonzero(loud)
    first, last = (speech[0], speech[-1] + 1) if len(speech) else (0, 0)
    if last - first < len(targets):
        first, last = 0, len(loud)
    path = torch.full((len(loud),), PAUSE, dtype=torch.int32)
    share = torch.arange(last - first) * len(targets) // (last - first)
    path[first:last] = targets[share]
    return path


def _log_likelihood(data: Tensor, path: Tensor, classes: int, cfg: MonophoneParams) -> Tensor:
    """Fit a Gaussian to the frames of each state and score every frame, float32 [N, classes].

    Rare states lean on what all frames have in common: `cfg.prior_frames` frames of it.
    """
    owner = path.long()
    counts = torch.bincount(owner, minlength=classes).float()[:, None]
    centre, spread = data.mean(0), data.var(0, correction=0)
    weight = counts + cfg.prior_frames
    mean = (_sums(data, owner, classes) + cfg.prior_frames * centre) / weight
    square = (_sums(data**2, owner, classes) + cfg.prior_frames * (spread + centre**2)) / weight
    variance = (square - mean**2).clamp(min=cfg.variance_floor * spread.mean())
    precision = 1 / variance
    constant = (mean**2 * precision + variance.log()).sum(1)
    return data @ (mean * precision).T - 0.5 * (data**2 @ precision.T + constant)


def _sums(values: Tensor, owner: Tensor, classes: int) -> Tensor:
    return values.new_zeros(classes, values.shape[1]).index_add(0, owner, values)


def _best_path(scores: Tensor, targets: Tensor) -> Tensor:
    path, _ = forced_align(scores[None].contiguous(), targets[None], blank=PAUSE)
    return path[0]


def _phone_frames(path: np.ndarray, phones: int, states: int) -> np.ndarray:
    """Frames of each phone, from its first state's first frame to its last one's last."""
    spoken = np.flatnonzero(path != PAUSE)
    previous = np.concatenate([[PAUSE], path[:-1]])
    begins = (path != PAUSE) & (path != previous)
    # A pause inside a state would begin it again; states follow one another, so it is not counted.
    state = np.cumsum(begins)[spoken] - 1
    edges = np.searchsorted(state // states, np.arange(phones))
    first = spoken[edges]
    last = spoken[np.append(edges[1:], len(spoken)) - 1] + 1
    return np.stack([first, last], axis=1).astype(np.int64)

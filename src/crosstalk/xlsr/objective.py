"""The objective of wav2vec 2.0 (section 3.2): find a masked frame's target among others'."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def draw_distractors(rows: int, masked: int, count: int, device: torch.device) -> Tensor:
    """Draw ``count`` other masked frames of the same row, with replacement, for every masked frame.

    Returns int64 [B, M, K], each from 0 to M - 1 but for the frame's own number; M must exceed 1.
    """
    others = torch.randint(masked - 1, (rows, masked, count), device=device)
    own = torch.arange(masked, device=device)[:, None]
    return others + (others >= own)


def contrastive_logits(
    context: Tensor, targets: Tensor, codes: Tensor, distractors: Tensor, temperature: float
) -> Tensor:
    """Similarity of every context vector to its target, first, and to its distractors.

    All similarities of a row are computed once, as a matrix, and the drawn ones picked from it; so
    no vector is copied K times. A distractor with the target's codes is no distractor: minus
    infinity. (fairseq compares vectors, which rounding in the straight-through estimator can keep
    apart.)

    Parameters
    ----------
    context, targets
        float32 [B, M, D] at the masked frames.
    codes
        int64 [B, M]: equal for equal targets.
    distractors
        int64 [B, M, K].

    Returns
    -------
    Tensor
        float32 [B, M, 1 + K], cosines over ``temperature``.

    """
    similar = functional.normalize(context, dim=-1) @ functional.normalize(
        targets, dim=-1
    ).transpose(1, 2)
    false = similar.gather(2, distractors)
    theirs = codes.gather(1, distractors.flatten(1)).view_as(distractors)
    false = false.masked_fill(theirs == codes.unsqueeze(2), -math.inf)
    true = similar.diagonal(dim1=1, dim2=2).unsqueeze(2)
    return torch.cat([true, false], dim=2) / temperature


def contrastive_loss(logits: Tensor) -> Tensor:
    """Cross-entropy of the first of float32 [B, M, 1 + K], summed over masked frames."""
    return (logits.logsumexp(-1) - logits[..., 0]).sum()


def hits(logits: Tensor) -> Tensor:
    """Count the frames whose target is the most similar; a tie of all is no hit (fairseq)."""
    best, worst = logits.argmax(-1) == 0, logits.argmin(-1) == 0
    return (best & ~worst).sum()


def diversity_loss(logits: Tensor) -> Tensor:
    """Unused share of the codebooks: 0 if the mean softmax is even, nearly 1 at one code.

    (GV - sum over groups of exp(entropy of the mean softmax)) / GV of logits float32 [N, G, V],
    without noise or temperature; the paper prints a negative entropy, this is fairseq's form.
    """
    size = logits.shape[1] * logits.shape[2]
    return (size - perplexity(logits.softmax(-1).mean(0))) / size


def code_perplexity(codes: Tensor, entries: int) -> Tensor:
    """Perplexity of the codes int64 [N, G] that were chosen, summed over groups: G to GV."""
    return perplexity(functional.one_hot(codes, entries).float().mean(0))


def perplexity(shares: Tensor) -> Tensor:
    """Exponential of the entropy of each distribution float32 [G, V], summed."""
    return torch.special.entr(shares).sum(-1).exp().sum()

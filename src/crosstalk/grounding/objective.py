"""Matching spoken captions to what they describe: InfoNCE both ways, one picture one target.

The coarse matching of FaST-VGS+ (Peng and Harwath 2022), which VGS+ and Cruz Blandón et al. 2025
keep: a batch of B captions and their B pictures, every other picture of the batch a negative. In a
bilingual batch the same picture comes once a language; such entries are no negatives, or matching
would push translations apart.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def matching_scores(
    spoken: Tensor, seen: Tensor, same: Tensor, *, scale: Tensor | float = 1.0, margin: float = 0.0
) -> Tensor:
    """Score every caption against every picture of a batch.

    Parameters
    ----------
    spoken, seen
        float32 [B, d]: captions, and the picture of each.
    same
        bool [B, B]: whether picture j is also a picture of caption i; the diagonal does not count.
    scale
        Inverse temperature of the dot products.
    margin
        Subtracted from the scaled scores of true pairs (FaST-VGS+: 1.0, with unscaled scores).

    Returns
    -------
    Tensor
        float32 [B, B]; -inf where ``same`` holds off the diagonal.

    """
    scores = scale * (spoken @ seen.T)
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    return (scores - margin * own).masked_fill(same & ~own, -torch.inf)


def matching_loss(scores: Tensor) -> Tensor:
    """Cross-entropy of the diagonal over rows plus that over columns, each a mean over the batch.

    Two of log B where nothing is known. A batch of one, or of one picture, has nothing to tell
    apart and costs 0.
    """
    targets = torch.arange(len(scores), device=scores.device)
    return cross_entropy(scores, targets) + cross_entropy(scores.T, targets)


def joint_loss(matching: Tensor, masked: Tensor, alpha: float) -> Tensor:
    """Weigh the two objectives: alpha · matching + (1 - alpha) · masked (VGS+: alpha = 0.5)."""
    return alpha * matching + (1 - alpha) * masked

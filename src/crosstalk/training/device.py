"""Where tensors live: the GPU if there is one."""

from __future__ import annotations

import torch


def device() -> torch.device:
    """Return the current GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")

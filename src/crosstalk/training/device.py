"""Where tensors live: the GPU if there is one."""

from __future__ import annotations

import torch


def device() -> torch.device:
    """Return the current GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mixed_precision() -> torch.autocast:
    """Compute in bfloat16 on a GPU; a CPU stays with float32, as few are faster otherwise."""
    return torch.autocast(device().type, torch.bfloat16, enabled=device().type == "cuda")

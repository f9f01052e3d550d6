"""One seed in, every random stream out."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch


def seed_everything(seed: int, purpose: str) -> None:
    """Seed Python, NumPy and torch for one purpose, so that purposes do not share a stream."""
    derived = derive_seed(seed, purpose)
    random.seed(derived)
    np.random.seed(derived)  # noqa: NPY002 - libraries we call still read the global generator
    torch.manual_seed(derived)


def derive_seed(seed: int, purpose: str) -> int:
    """Return a 32-bit seed for ``purpose``, independent of other purposes of the same seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:4], "big")

"""Seed the global generators of Python, NumPy and torch."""

from __future__ import annotations

import random

import numpy as np
import torch

from crosstalk.seeds import derive_seed


def seed_everything(seed: int, purpose: str) -> None:
    """Seed Python, NumPy and torch for one purpose, so that purposes do not share a stream."""
    derived = derive_seed(seed, purpose)
    random.seed(derived)
    np.random.seed(derived)  # noqa: NPY002 - libraries we call still read the global generator
    torch.manual_seed(derived)

"""One seed in, a stream of its own for every purpose."""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, purpose: str) -> int:
    """Return a 32-bit seed for ``purpose``, independent of other purposes of the same seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:4], "big")

"""Several processes that train one model, as torchrun starts them: ``RANK`` of ``WORLD_SIZE``.

Each takes batches of its own, and gradients are averaged over all (`crosstalk.training.loop`). The
first alone keeps the training's state and writes what comes of it.
"""

from __future__ import annotations

import os


def processes() -> int:
    """How many there are; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", 1))


def is_first() -> bool:
    """Whether this one writes."""
    return processes() == 1 or int(os.environ["RANK"]) == 0

"""Training does without torch's compiler, whose import costs a job as much as torch's own.

Optimisers import it to tell it to leave them alone, once a process and also where nothing is
compiled: 1.5 s, of which a small job is half.
"""

from __future__ import annotations

import torch
from torch.optim import SGD, Adam, Optimizer


def leave_optimisers_alone() -> None:
    """Take off the wrappers that talk to the compiler; AdamW steps as Adam does."""
    for method in vars(Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            setattr(plain, "__dynamo_disable", plain)
    for optimiser in (Adam, SGD):
        optimiser.step = torch.no_grad()(optimiser.step.__wrapped__)

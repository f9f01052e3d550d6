"""How learning rates change while training: factors that are pure functions of the step."""

from __future__ import annotations

from collections.abc import Callable

Rate = Callable[[int], float]
"""From the number of updates made so far to a factor on every learning rate."""


def constant(_: int) -> float:
    """No change."""
    return 1.0


def rise_and_hold(steps: int, warmup_share: float) -> Rate:
    """Rise linearly over the first share of ``steps``, then stay at 1."""
    warmup = round(warmup_share * steps)
    return lambda step: min(1.0, (step + 1) / (warmup + 1))


def rise_and_fall(steps: int, warmup_share: float) -> Rate:
    """Rise linearly over the first share of ``steps``, then fall linearly, to 0 after the last."""
    rise, left = rise_and_hold(steps, warmup_share), steps - round(warmup_share * steps)
    return lambda step: min(rise(step), (steps - step) / max(1, left))

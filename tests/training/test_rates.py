"""Rates by their corners, and that the loop obeys them."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from crosstalk.training import state as state_module
from crosstalk.training.loop import Schedule, train
from crosstalk.training.rates import constant, rise_and_fall, rise_and_hold
from crosstalk.training.state import training_state


@given(st.integers(1, 300), st.floats(0, 0.99))
def test_a_rate_rises_to_one_and_holds_or_falls(steps, share):
    warmup = round(share * steps)
    held, fallen = rise_and_hold(steps, share), rise_and_fall(steps, share)
    for rate in (held, fallen):
        values = [rate(step) for step in range(steps)]
        assert all(0 < value <= 1 for value in values)
        rises = [b - a for a, b in pairwise(values[:warmup])]
        assert rises == pytest.approx([1 / (warmup + 1)] * len(rises))
    assert {held(step) for step in range(warmup, steps)} <= {1.0}
    falls = [fallen(step) - fallen(step + 1) for step in range(warmup, steps)]
    assert falls == pytest.approx([1 / max(1, steps - warmup)] * len(falls))
    assert fallen(steps) == 0


@pytest.mark.parametrize("rate", [constant, rise_and_hold(8, 0.5), rise_and_fall(8, 0.25)])
def test_the_loop_moves_by_the_rate(tmp_path, monkeypatch, rate):
    """With a gradient of 1 and plain SGD, the weight moves by the sum of the rates."""
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    model = nn.Linear(1, 1, bias=False)
    start = model.weight.item()
    schedule = Schedule(steps=8, log_every=8, gradient_norm=10.0, rate=rate)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    with training_state("move", {}) as state:
        train(
            model,
            optimiser,
            lambda _: torch.ones(1, 1),
            lambda m, x, _: m(x).sum(),
            schedule,
            state,
            label="move",
        )
    assert start - model.weight.item() == pytest.approx(0.1 * sum(map(rate, range(8))), abs=1e-5)

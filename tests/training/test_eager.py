"""Optimisers step as torch's own do, without importing torch's compiler."""

import subprocess
import sys

import pytest

STEPS = """
import sys, torch
{before}
weights = torch.nn.Parameter(torch.arange(6.0))
optimiser = torch.optim.{optimiser}([weights], lr=0.1)
for _ in range(3):
    optimiser.zero_grad()
    weights.square().sum().backward()
    optimiser.step()
optimiser.load_state_dict(optimiser.state_dict())
print(weights.tolist(), file=sys.stderr)
print("torch._dynamo" in sys.modules)
"""


def stepped(optimiser, before):
    """What three steps come to, and whether the compiler was imported."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS.format(optimiser=optimiser, before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr, done.stdout.strip()


@pytest.mark.parametrize("optimiser", ["Adam", "AdamW", "SGD"])
def test_optimisers_step_alike_with_and_without_the_compiler(optimiser):
    weights, imported = stepped(optimiser, "")
    assert imported == "True"  # else `crosstalk.training.eager` has become needless
    assert stepped(optimiser, "import crosstalk.training.loop") == (weights, "False")

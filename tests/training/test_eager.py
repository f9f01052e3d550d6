"""Optimisers step as torch's own do, without importing torch's compiler."""

import subprocess
import sys

STEPS = """
import sys, torch
{before}
for kind in (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD):
    weights = torch.nn.Parameter(torch.arange(6.0))
    optimiser = kind([weights], lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        weights.square().sum().backward()
        optimiser.step()
    optimiser.load_state_dict(optimiser.state_dict())
    print(weights.tolist(), file=sys.stderr)
print("torch._dynamo" in sys.modules)
"""


def stepped(before):
    """What three steps of each come to, and whether the compiler was imported."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr, done.stdout.strip()


def test_optimisers_step_alike_with_and_without_the_compiler():
    weights, imported = stepped("")
    assert len(set(weights.splitlines())) == 3
    assert imported == "True"  # else `crosstalk.training.eager` has become needless
    assert stepped("import crosstalk.training.loop") == (weights, "False")

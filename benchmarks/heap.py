"""Training steps of a stage, which keeps the memory it frees, beside malloc's defaults.

Each number is from a process of its own: the first steps teach malloc. "CPU ms" is processor time a
step, kernel included; "new pages" are page faults a step; "peak MiB" is the whole process.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import torch
from table import show

import xlsr
from crosstalk.alignment.adversarial import train_adversarial
from crosstalk.heap import keep_freed_memory
from crosstalk.params.alignment import AdversarialParams, CriterionParams


def adversarial(steps: int) -> None:
    """64 games of the size that `mini` plays."""
    words = torch.nn.functional.normalize(torch.randn(32, 1500, 50), dim=2)
    cfg = AdversarialParams(
        restarts=2, dimension=128, dropout=0.0, batch=64, epochs=1, map_steps=steps
    )
    train_adversarial([(x, x) for x in words], cfg, CriterionParams(words=100), seed=0)


def pretraining(steps: int) -> None:
    """wav2vec 2.0 on samples, as in `xlsr.py`, batches of unlike length."""
    model = xlsr.build_model(xlsr.MINIATURE)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    for i in range(steps):
        samples = torch.randn(6, xlsr.SAMPLES * (2 + i % 4), 1)
        xlsr.step(model, optimiser, lambda audio=samples: xlsr.our_loss(model, audio), False)


WORK = {"adversarial": (adversarial, 20), "pretraining": (pretraining, 12)}


def measure(name: str, keep: bool) -> dict[str, float]:
    if keep:
        keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    run, steps = WORK[name]
    run(4)
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    run(steps)
    seconds, after = time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "CPU ms": 1000 * seconds / steps,
        "new pages": (after.ru_minflt - before.ru_minflt) // steps,
        "peak MiB": after.ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one", nargs=2, metavar=("WORK", "HOW"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], arguments.one[1] == "kept")))
        return
    rows = []
    for name in WORK:
        slowest = None
        for how in ("given back", "kept"):
            call = [sys.executable, __file__, "--one", name, how]
            found = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
            slowest = slowest or found["CPU ms"]
            rows.append((name, how, *found.values(), found["CPU ms"] / slowest))
    show(("step", "freed memory", "CPU ms", "new pages", "peak MiB", "time"), rows)


if __name__ == "__main__":
    main()

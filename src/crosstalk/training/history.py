"""Training curves as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path


def write_history(path: Path, rows: Iterable[dict[str, float]], steps_per_epoch: int) -> None:
    """Write the rows that `crosstalk.training.loop.train` returns: step, epoch, loss."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["step", "epoch", "loss"])
        for row in rows:
            epoch = row["step"] / steps_per_epoch
            writer.writerow([row["step"], f"{epoch:.6g}", f"{row['loss']:.6g}"])

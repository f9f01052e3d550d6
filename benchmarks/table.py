"""One aligned table on the terminal, and comparisons for `results/benchmarks.csv`."""

import csv
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

COLUMNS = ("benchmark", "ours", "peer", "peer_value", "unit", "ratio", "device", "versions")


def show(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns; floats with three significant digits."""
    cells = [[f"{c:.3g}" if isinstance(c, float) else str(c) for c in row] for row in rows]
    lines = [list(columns), *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        print("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)))


def compare(
    benchmark: str,
    ours: float,
    peer: str,
    peer_value: float,
    unit: str,
    *packages: str,
    device: str = "cpu",
) -> None:
    """Append a comparison to the file that the variable BENCHMARKS names; without it do nothing.

    ``unit`` is "s" where less is better, else something a second or a minute. The ratio says how
    many times as fast ours is. ``packages`` are those whose versions matter.
    """
    if not (name := os.environ.get("BENCHMARKS")):
        return
    ratio = peer_value / ours if unit == "s" else ours / peer_value
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    ours, peer_value, ratio = (f"{value:.4g}" for value in (ours, peer_value, ratio))
    path = Path(name)
    begun = path.exists() and path.stat().st_size
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not begun:
            writer.writerow(COLUMNS)
        writer.writerow((benchmark, ours, peer, peer_value, unit, ratio, device, versions))

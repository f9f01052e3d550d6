"""What the results cost: hours of wall time, cores and GPUs, and memory, by paper and step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from crosstalk.results.page import write_page
from crosstalk.results.runs import paper_of, read_run
from crosstalk.stage import Input, Output

HOUR = 3600
NOTES = [
    "A step is a stage of the command line; a job is one call of it, as last run. Wall hours are "
    "added up over jobs, so they are what a run takes that does one job after another.",
    "GPU hours are those in which a job held a GPU. Memory is the peak of the hungriest job.",
    "Updates a second are those of trainings over their wall time, with start-up and saving; of "
    "one that was killed and resumed, the time is that of its last part.",
]


def describe_costs(
    *, scale: str, records: list[Input], csv: Output, markdown: Output, html: Output
) -> None:
    """Add up the cost of every job by paper and step, the most expensive first."""
    runs = [read_run(path) for path in records]
    frame = costs(runs)
    frame.to_csv(csv, index=False, float_format="%.6f")
    shown = readable(frame)
    markdown.write_text(shown.to_markdown(index=False, disable_numparse=True) + "\n")
    devices = ", ".join(sorted({run["machine"]["device"] for run in runs}))
    notes = [*NOTES, f"Devices: {devices}."]
    write_page(html, f"Costs, scale {scale}", shown, notes)


def costs(runs: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row a paper and step: jobs, hours, peaks (10^9 bytes), updates, share of all wall time.

    A value that the records of a step do not all hold is missing: older ones had fewer.
    """
    jobs = pd.DataFrame(
        {
            "paper": paper_of(run["record"]),
            "step": run["stage"],
            "wall_hours": run["wall_seconds"] / HOUR,
            "cpu_hours": run.get("cpu_seconds", float("nan")) / HOUR,
            "gpu_hours": run.get("gpu_seconds", float("nan")) / HOUR,
            "peak_memory_gb": run["peak_memory_bytes"] / 1e9,
            "peak_gpu_gb": run.get("peak_gpu_bytes", float("nan")) / 1e9,
            "updates": run.get("updates", float("nan")),
        }
        for run in runs
    )
    steps = jobs.groupby(["paper", "step"], as_index=False)
    frame = steps.agg(
        jobs=("step", "size"),
        **{name: (name, _all(sum)) for name in ("wall_hours", "cpu_hours", "gpu_hours")},
        **{name: (name, _all(max)) for name in ("peak_memory_gb", "peak_gpu_gb")},
        updates=("updates", _all(sum)),
    )
    seconds = frame["wall_hours"] * HOUR
    frame["updates_per_second"] = frame.pop("updates") / seconds.where(seconds > 0)
    frame["wall_share"] = frame["wall_hours"] / frame["wall_hours"].sum()
    return frame.sort_values(["wall_hours", "paper", "step"], ascending=[False, True, True])


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Totals of each paper and of all, then the steps; hours to the second decimal."""
    hours = ["wall_hours", "cpu_hours", "gpu_hours"]
    rows = []
    everything = [("all", frame), *frame.groupby("paper")]
    for paper, part in everything:
        total = {"paper": paper, "step": "all steps", "jobs": part["jobs"].sum()}
        total |= {name: _all(sum)(part[name]) for name in [*hours, "wall_share"]}
        total |= {name: _all(max)(part[name]) for name in ("peak_memory_gb", "peak_gpu_gb")}
        rows.append(total)
    shown = pd.concat([pd.DataFrame(rows), frame], ignore_index=True)[frame.columns]
    for name in [*hours, "peak_memory_gb", "peak_gpu_gb", "updates_per_second"]:
        shown[name] = [f"{value:.2f}" if pd.notna(value) else "–" for value in shown[name]]
    shown["wall_share"] = [f"{value:.1%}" for value in shown["wall_share"]]
    return shown.rename(
        columns={
            "wall_hours": "wall (h)",
            "cpu_hours": "CPU (h)",
            "gpu_hours": "GPU (h)",
            "peak_memory_gb": "memory (GB)",
            "peak_gpu_gb": "GPU memory (GB)",
            "updates_per_second": "updates / s",
            "wall_share": "share of wall time",
        }
    )


def _all(reduce: Any) -> Any:
    """Reduce, to nothing if a part is missing."""
    return lambda values: float("nan") if values.isna().any() else reduce(values)

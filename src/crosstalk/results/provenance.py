"""Pages that say under which parameters and from what the results of a scale were made."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from crosstalk.params.loader import leaves
from crosstalk.params.models import Params
from crosstalk.results.page import write_page
from crosstalk.results.runs import read_run
from crosstalk.stage import Input, Output


def describe_parameters(*, cfg: Params, json_file: Output, html_file: Output) -> None:
    """Write every parameter of a run, resolved, as JSON and as a page."""
    json_file.write_text(json.dumps(cfg.model_dump(mode="json"), indent=1) + "\n")
    frame = pd.DataFrame(leaves(cfg), columns=["parameter", "value"]).astype(str)
    write_page(html_file, f"Parameters, scale {cfg.scale}", frame)


def describe_provenance(
    *, scale: str, lock: Input, records: list[Input], csv: Output, html_file: Output
) -> None:
    """Gather the run records: one row a job, with code, inputs, outputs, device and cost."""
    read = [read_run(path) for path in records]
    frame = pd.DataFrame([_row(record) for record in read]).sort_values("record")
    frame.to_csv(csv, index=False)
    machines = {json.dumps(r["machine"]["packages"], sort_keys=True) for r in read}
    total = frame["wall seconds"].sum() / 60
    notes = [
        f"{len(frame)} jobs, {total:.1f} minutes of work in all. Checksums are the first 12 digits "
        "of SHA-256; whole records, with every parameter, are the JSON files named here.",
        *(f"Packages: {packages}" for packages in sorted(machines)),
        f"Environment lock: {lock} holds {lock.read_text().count('==')} pinned packages.",
    ]
    write_page(html_file, f"Provenance, scale {scale}", frame, notes)


def _row(record: dict) -> dict[str, object]:
    machine, code = record["machine"], record["code"]
    revision = (code["revision"] or "no git")[:12] + (" + changes" if code["modified"] else "")
    return {
        "record": record["record"],
        "stage": record["stage"],
        "values": " ".join(f"{k}={v}" for k, v in record["values"].items()),
        "made": _checksums(record["outputs"]),
        "from": _checksums(record["inputs"]),
        "code": revision,
        "device": machine["device"],
        "wall seconds": record["wall_seconds"],
        "peak memory (MB)": round(record["peak_memory_bytes"] / 1e6),
    }


def _checksums(files: dict[str, list[dict]]) -> str:
    return "; ".join(
        f"{Path(file['path']).name} {file['sha256'][:12]}"
        for entries in files.values()
        for file in entries
    )

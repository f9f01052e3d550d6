"""The run record: what made a file, from which inputs, parameters and code, and at what cost."""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosstalk.digest import file_digest
from crosstalk.sources import module_files
from crosstalk.training.lease import held
from crosstalk.training.processes import processes

PACKAGES = ("torch", "torchaudio", "numpy", "scipy", "gensim", "lhotse", "pandas", "snakemake")
PACKAGE_ROOT = Path(__file__).parent


def describe_files(files: Mapping[str, Sequence[Path]]) -> dict[str, list[dict[str, Any]]]:
    """Name, size in bytes and SHA-256 of every file, by argument."""
    return {
        name: [
            {"path": str(path), "bytes": path.stat().st_size, "sha256": file_digest(path)}
            for path in paths
        ]
        for name, paths in files.items()
    }


def sources_digest(module: str) -> str:
    """SHA-256 of the names and contents of the sources that ``module`` runs."""
    sources = hashlib.sha256()
    for path in module_files(module):
        sources.update(path.relative_to(PACKAGE_ROOT).as_posix().encode() + b"\0")
        sources.update(path.read_bytes())
    return sources.hexdigest()


def describe_code(module: str) -> dict[str, Any]:
    """Revision of the repository and a digest of the sources that ``module`` runs."""
    return {
        "revision": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--", "src")),
        "sources": sources_digest(module),
    }


def describe_machine() -> dict[str, Any]:
    """Interpreter, packages and device that a result may depend on."""
    machine = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "device": "cpu",
    }
    torch = sys.modules.get("torch")  # importing it here would cost seconds in small stages
    if torch is not None:
        machine["threads"] = torch.get_num_threads()
        if held():
            machine["device"] = torch.cuda.get_device_name()
            machine["cuda"] = torch.version.cuda
    if processes() > 1:
        machine["processes"] = processes()
    return machine


def describe_cost(started: float) -> dict[str, Any]:
    """Seconds since ``started`` (`time.time`), of all cores and on a GPU; bytes at their peak.

    GPU seconds run from the moment this process took the device, waiting for it not included.
    Memory is the largest resident set of this process or of its largest child, and what torch
    allocated on the GPU.
    """
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    lease = held()
    return {
        "wall_seconds": round(time.time() - started, 2),
        "cpu_seconds": round(sum(usage.ru_utime + usage.ru_stime for usage in used), 2),
        "gpu_seconds": round(time.monotonic() - lease.since, 2) if lease else 0.0,
        "peak_memory_bytes": max(usage.ru_maxrss for usage in used) * 1024,
        "peak_gpu_bytes": sys.modules["torch"].cuda.max_memory_allocated() if lease else 0,
    }


def describe_training(history: Path | None) -> dict[str, int]:
    """Updates that a training made, by the last row of its history; nothing for any other job."""
    if history is None:
        return {}
    with history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {"updates": int(rows[-1]["step"])} if rows and "step" in rows[-1] else {}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=True, cwd=PACKAGE_ROOT
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()

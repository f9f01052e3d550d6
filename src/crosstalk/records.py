"""The run record: what made a file, from which inputs, parameters and code, and at what cost."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosstalk.digest import file_digest
from crosstalk.sources import module_files

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


def describe_code(module: str) -> dict[str, Any]:
    """Revision of the repository and a digest of the sources that ``module`` runs."""
    sources = hashlib.sha256()
    for path in module_files(module):
        sources.update(path.relative_to(PACKAGE_ROOT).as_posix().encode() + b"\0")
        sources.update(path.read_bytes())
    return {
        "revision": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--", "src")),
        "sources": sources.hexdigest(),
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
        if torch.cuda.is_available():
            machine["device"] = torch.cuda.get_device_name()
            machine["cuda"] = torch.version.cuda
            machine["peak_gpu_bytes"] = torch.cuda.max_memory_allocated()
    return machine


def peak_memory_bytes() -> int:
    """Largest resident set of this process and of its largest child."""
    usage = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return max(usage) * 1024


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=True, cwd=PACKAGE_ROOT
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()

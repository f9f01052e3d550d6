"""One GPU for one job: a lock on each device, which the kernel frees when its holder dies.

Snakemake's ``gpu`` resource says how many jobs may use GPUs at once, not which one each takes, and
two checkouts or two users know nothing of each other. So a job that computes on a GPU holds it from
its first tensor to its end, and sees no other.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crosstalk.errors import DeviceError, ParameterError

FOLDER = Path(os.environ.get("CROSSTALK_LEASES", tempfile.gettempdir()))
"""Where the locks of this machine's devices are: the same for all who share them."""
CHOICES = ("auto", "cpu", "gpu")
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Lease:
    """A device, and since when (`time.monotonic`) this process has it to itself."""

    device: str
    since: float
    lock: IO[str] | None


_held: list[Lease | None] = []


def hold() -> Lease | None:
    """Take a GPU until this process ends, or None: compute on the CPU. The same at every call.

    The environment's ``CROSSTALK_DEVICE`` decides: ``auto`` (the default) takes a GPU if the
    machine has any, ``cpu`` none, ``gpu`` insists. Sets ``CUDA_VISIBLE_DEVICES``, so it must come
    before CUDA is first used. Under a launcher of several processes (``LOCAL_RANK``) devices are
    the launcher's to give out: nothing is locked.

    Raises
    ------
    DeviceError
        If a GPU is insisted on, by this or by ``CUDA_VISIBLE_DEVICES``, and there is none.

    """
    if not _held:
        _held.append(_choose(os.environ.get("CROSSTALK_DEVICE", "auto")))
    return _held[0]


def held() -> Lease | None:
    """What `hold` gave this process, without asking for anything."""
    return _held[0] if _held else None


def _choose(wish: str) -> Lease | None:
    if wish not in CHOICES:
        raise ParameterError(f"CROSSTALK_DEVICE={wish!r}: must be one of {', '.join(CHOICES)}")
    if wish == "cpu":
        return None
    devices, problem = visible_gpus()
    if not devices:
        allowed = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        if wish == "gpu":
            raise DeviceError(f"CROSSTALK_DEVICE=gpu, but {problem or 'no GPU is visible'}")
        if _names(allowed):
            raise DeviceError(
                f"CUDA_VISIBLE_DEVICES={allowed}, but {problem or 'there is no nvidia-smi'}: unset "
                "it to compute on the CPU"
            )
        if problem:
            print(f"{problem}: computing on the CPU", file=sys.stderr)
        return None
    if "LOCAL_RANK" in os.environ:
        return Lease(", ".join(devices), time.monotonic(), None)
    lease = take(devices, FOLDER)
    os.environ["CUDA_VISIBLE_DEVICES"] = lease.device
    return lease


def take(devices: Sequence[str], folder: Path) -> Lease:
    """Lock the first free device; while there is none, say so once and wait."""
    said = False
    while True:
        for device in devices:
            lock = _open(folder / f"crosstalk-{device.replace('/', '-')}.lock")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
            else:
                return Lease(device, time.monotonic(), lock)
        if not said:
            said = True
            print(f"waiting for a GPU: other jobs hold {', '.join(devices)}", file=sys.stderr)
        time.sleep(POLL_SECONDS)


def visible_gpus() -> tuple[list[str], str]:
    """UUIDs of the GPUs that this process may use, and what is wrong if it cannot be told.

    ``CUDA_VISIBLE_DEVICES`` limits and orders them, as CUDA has it; its numbers count in the order
    of ``nvidia-smi``.
    """
    if shutil.which("nvidia-smi") is None:
        return [], ""
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    uuids = dict(re.findall(r"^GPU (\d+): .*\(UUID: (\S+)\)", listed.stdout, re.MULTILINE))
    if not uuids:
        said = (listed.stdout + listed.stderr).strip().partition("\n")[0]
        return [], f"nvidia-smi names no GPU ({said})"
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return list(uuids.values()), ""
    return [uuids.get(name, name) for name in _names(allowed)], ""


def _names(allowed: str) -> list[str]:
    names = (name.strip() for name in allowed.split(","))
    return [name for name in names if name not in ("", "-1")]


def _open(path: Path) -> IO[str]:
    """Open a lock, which may be another user's and then not be writable."""
    try:
        return path.open()
    except FileNotFoundError:
        path.touch()
        return path.open()

"""Resumable training state: keyed by what it belongs to, written atomically, held by one process.

State lives outside every rule's outputs, because Snakemake deletes the outputs of a job that
failed. Its folder is named by a digest of the stage's parameters and inputs, so a run with other
parameters can never resume from it; the digest is stored inside as well and checked on loading.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from crosstalk.digest import digest
from crosstalk.errors import StateError
from crosstalk.training.processes import is_first, processes

FORMAT = 2
KEPT = 2
ROOT = Path(os.environ.get("CROSSTALK_STATE", "state"))


@dataclass(frozen=True)
class TrainingState:
    """A folder of checkpoints that belongs to exactly one (stage, parameters, inputs)."""

    folder: Path
    key: str

    def save(self, step: int, payload: dict[str, Any]) -> None:
        """Write the checkpoint of ``step``; the previous one survives any failure to do so."""
        partial = self.folder / "partial"
        with partial.open("wb") as file:
            torch.save({"key": self.key, "step": step, "payload": payload}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.folder / f"step-{step:09d}.pt")
        for old in self._checkpoints()[:-KEPT]:
            old.unlink()

    def load(self) -> tuple[int, dict[str, Any]] | None:
        """Return (step, payload) of the newest readable checkpoint, or None to start afresh.

        Raises
        ------
        StateError
            If a checkpoint was made by other parameters or inputs.

        """
        for path in reversed(self._checkpoints()):
            try:
                saved = torch.load(path, weights_only=True, map_location="cpu")
            except (OSError, RuntimeError, EOFError, ValueError):
                # Cut short by a full disk or a crash: the one before it serves.
                path.unlink(missing_ok=True)
                continue
            if saved["key"] != self.key:
                raise StateError(
                    f"{path} belongs to other parameters or inputs: delete {self.folder}"
                )
            return saved["step"], saved["payload"]
        return None

    def clear(self) -> None:
        """Remove the checkpoints: the training is over and its result is safe."""
        if not is_first():
            return
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def _checkpoints(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.pt"))


@contextmanager
def training_state(stage: str, belongs_to: dict[str, Any]) -> Iterator[TrainingState]:
    """Open the state of ``stage`` for these parameters and input digests, and hold it.

    Of several processes the first holds it for all. Their number belongs to the key: with another
    one, updates are made of other batches.

    Raises
    ------
    StateError
        If another process holds it, such as one left behind by a killed run.

    """
    shared = {"processes": processes()} if processes() > 1 else {}
    key = digest({"format": FORMAT, "stage": stage, **shared, **belongs_to})
    folder = ROOT / f"{stage}-{key[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    if not is_first():
        yield TrainingState(folder, key)
        return
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(
                f"{folder} is in use by another process: wait for it, or stop it if it is left "
                "over from a killed run"
            ) from error
        yield TrainingState(folder, key)

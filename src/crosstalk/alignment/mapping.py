"""A fitted linear map between two spaces, with the normalisation that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from crosstalk.embeddings.spaces import Normaliser
from crosstalk.errors import DataError


@dataclass(frozen=True, eq=False)
class Mapping:
    """How vectors of the source space are carried into the normalised target space."""

    W: np.ndarray
    """float32 [d, d]: a normalised source vector x goes to W x."""
    source: Normaliser
    target: Normaliser
    facts: Dict[str, Any] = field(default_factory=dict)
    """How the map was found: ``method`` and its ``dictionary``, or its ``criterion``."""
    restarts: np.ndarray | None = None
    """float32 [R, d, d]: the final map of every restart, of which ``W`` is one."""

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """Carry raw source vectors float32 [n, d] (words or single tokens) over."""
        return self.source.apply(vectors) @ self.W.T

    def apply_target(self, vectors: np.ndarray) -> np.ndarray:
        """Normalise raw target vectors float32 [m, d] as when the map was fitted."""
        return self.target.apply(vectors)

    def of_restart(self, restart: int) -> Mapping:
        """Return the map that another restart ended with, to see how many succeeded."""
        if self.restarts is None:
            raise DataError("a supervised mapping has no restarts")
        return Mapping(self.restarts[restart], self.source, self.target, self.facts)

    def save(self, path: Path) -> None:
        """Write safetensors; the same mapping always gives the same bytes."""
        tensors = {
            "W": self.W,
            "source_centre": self.source.centre,
            "target_centre": self.target.centre,
        }
        if self.restarts is not None:
            tensors["restarts"] = self.restarts
        # One metadata key only: safetensors writes several in random order.
        facts = {"normalise": self.source.steps, **self.facts}
        metadata = {"mapping": json.dumps(facts, ensure_ascii=False, sort_keys=True)}
        contiguous = {name: np.ascontiguousarray(t, np.float32) for name, t in tensors.items()}
        save_file(contiguous, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Mapping:
        """Read what :meth:`save` wrote."""
        try:
            with safe_open(path, "np") as file:
                facts = json.loads(file.metadata()["mapping"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            steps = tuple(facts.pop("normalise"))
            return cls(
                tensors["W"],
                Normaliser(steps, tensors["source_centre"]),
                Normaliser(steps, tensors["target_centre"]),
                facts,
                tensors.get("restarts"),
            )
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path} is not a mapping ({error}): delete it and make it again"
            ) from error

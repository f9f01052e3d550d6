"""Embedded spoken tokens: what a task asks about, one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


@dataclass(frozen=True)
class SpokenTokens:
    """Acoustic embeddings of single tokens and the words they are tokens of."""

    words: list[str]
    vectors: np.ndarray
    """float32 [n, d]."""

    def save(self, path: Path) -> None:
        metadata = {"words": json.dumps(self.words, ensure_ascii=False)}
        save_file({"vectors": np.ascontiguousarray(self.vectors)}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> SpokenTokens:
        with safe_open(path, "np") as file:
            return cls(json.loads(file.metadata()["words"]), file.get_tensor("vectors"))

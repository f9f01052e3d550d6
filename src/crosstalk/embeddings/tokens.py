"""Embedded spoken tokens: what a task asks about, one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from crosstalk.errors import DataError
from crosstalk.speech.utterances import Utterances


@dataclass(frozen=True, eq=False)
class SpokenTokens:
    """Vectors of single tokens in the order of speech, the words they are and where they stand."""

    words: list[str]
    messages: list[str]
    """Message that each token is part of."""
    vectors: np.ndarray
    """float32 [n, d]."""

    def save(self, path: Path) -> None:
        """Write safetensors; the same tokens always give the same bytes."""
        names = {"words": self.words, "messages": self.messages}
        # One metadata key only: safetensors writes several in random order.
        metadata = {"names": json.dumps(names, ensure_ascii=False)}
        save_file({"vectors": np.ascontiguousarray(self.vectors)}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises DataError if the file is anything else."""
        try:
            with safe_open(path, "np") as file:
                names = json.loads(file.metadata()["names"])
                return cls(**names, vectors=file.get_tensor("vectors"))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path} holds no spoken tokens ({error}): make it again") from error


def spoken_test_tokens(corpus: Utterances, vectors: np.ndarray) -> SpokenTokens:
    """Name the vectors, float32 [n, d], of all test words."""
    test = corpus.words_of("test")
    utterance = corpus.utterance_of(corpus.word_first[test])
    return SpokenTokens(
        words=[corpus.vocabulary[i] for i in corpus.word[test]],
        messages=[corpus.messages[i] for i in utterance],
        vectors=vectors,
    )

"""Zero-shot transfer: a classifier learns from English labels and is asked in every language.

Cao et al. 2020, section 4, ask for natural language inference (XNLI), as the scale paper does.
Without such data, what a message is about (the table's labels) plays its part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.rotation import load_rotations
from crosstalk.contextual.systems import BASE, ROTATED, encoders
from crosstalk.contextual.tables import MESSAGES, SENTENCE_PAIRS, TRANSFER
from crosstalk.contextual.tokeniser import Subwords, WordPieces
from crosstalk.contextual.vectors import sentence_vectors
from crosstalk.corpora.parquet import column_names, read_columns
from crosstalk.errors import DataError
from crosstalk.params.contextual import TransferParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output

MAJORITY, TRANSLATED = "majority", "translate_train"
LONGEST = 128
"""Subwords of a pair of sentences, at most (Efimov et al. 2023; Cao et al. do not say)."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Messages, or pairs of sentences, of one language and split, cut in subwords."""

    ids: np.ndarray
    subwords: Subwords
    labels: np.ndarray
    """int64 [S]: class numbers."""


class Task:
    """Messages (`tables.MESSAGES`), or pairs of sentences (`SENTENCE_PAIRS`), to learn and ask."""

    def __init__(self, path: Path, pieces: WordPieces, cfg: TransferParams) -> None:
        self._pairs = "premise" in column_names(path)
        self._table = read_columns(path, SENTENCE_PAIRS if self._pairs else MESSAGES)
        self._pieces, self._cfg = pieces, cfg
        self.languages = tuple(map(str, self._table["language"].unique()))
        self.classes = sorted(self._table["label"].unique())

    def train(self, language: str) -> Labelled:
        """The first ``cfg.messages`` training messages of a language."""
        return self._part(language, "train", self._cfg.messages)

    def test(self, language: str) -> Labelled:
        """What is asked for, in ``cfg.split``."""
        return self._part(language, self._cfg.split, None)

    def _part(self, language: str, split: str, limit: int | None) -> Labelled:
        table = self._table
        part = table[(table["language"] == language) & (table["split"] == split)][:limit]
        if part.empty:
            raise DataError(f"the messages have none to {split} in {language}: prepare more")
        labels = np.searchsorted(self.classes, part["label"].to_numpy(str))
        if self._pairs:
            sides = part["premise"].tolist(), part["hypothesis"].tolist()
            subwords = self._pieces.cut_pairs(*sides, LONGEST)
        else:
            subwords = self._pieces.cut(part["words"].tolist())
        return Labelled(part["message_id"].to_numpy(), subwords, labels)


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """A linear classifier of standardised vectors."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    """float64 [d + 1, C]: the last row is the bias."""

    @classmethod
    def fit(cls, x: np.ndarray, labels: np.ndarray, classes: int, l2: float) -> LogisticRegression:
        """Minimise the summed loss + ½ ``l2`` |W|², the bias left out of the penalty.

        ``x`` is float [n, d], ``labels`` int [n] below ``classes``.
        """
        mean, scale = x.mean(0), x.std(0) + 1e-6
        design = np.column_stack([(x - mean) / scale, np.ones(len(x))]).astype(np.float64)
        right = np.eye(classes)[labels]
        penalty = np.full((design.shape[1], 1), l2)
        penalty[-1] = 0

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weight = flat.reshape(design.shape[1], classes)
            scores = design @ weight
            loss = -(right * log_softmax(scores, 1)).sum() + (penalty * weight**2).sum() / 2
            gradient = design.T @ (softmax(scores, 1) - right) + penalty * weight
            return loss, gradient.ravel()

        start = np.zeros(design.shape[1] * classes)
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000})
        return cls(mean, scale, found.x.reshape(-1, classes))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Most probable class of each of x [n, d], int64 [n]."""
        return ((x - self.mean) / self.scale @ self.weight[:-1] + self.weight[-1]).argmax(1)


def transfer_frozen(
    *,
    cfg: TransferParams,
    seed: int,
    vocabulary: Input,
    messages: Input,
    base: Input,
    rotations: Input,
    aligned: list[Input],
    names: list[str],
    answers: Output,
) -> None:
    """Train logistic regression on vectors of frozen encoders, and ask in every language.

    ``messages`` is as in `Task`. ``answers`` is a Parquet
    table, one row a question: system (``base``, the rotations, ``names`` for ``aligned``;
    ``translate_train`` learnt from the base's vectors of the language's own messages, ``majority``
    always says the class that is most frequent in training), seed, protocol (``frozen``), language,
    message_id, right (bool).

    Raises
    ------
    ParameterError
        If ``names`` and ``aligned`` are not as many.

    """
    task = Task(messages, WordPieces.load(vocabulary), cfg)
    turned = load_rotations(rotations)
    train = {language: task.train(language) for language in task.languages}
    test = {language: task.test(language) for language in task.languages}
    frequent = np.bincount(train["en"].labels).argmax()
    found = {
        (MAJORITY, language): np.full(len(part.labels), frequent) for language, part in test.items()
    }
    systems = encoders(base, names, aligned)
    for name, path in progress(systems, label="frozen transfer", unit="system"):
        encoder = Encoder.load(path)
        asked = {language: _vectors(encoder, part) for language, part in test.items()}
        classifier = _fit(cfg, task, _vectors(encoder, train["en"]), train["en"])
        for language, x in asked.items():
            found[name, language] = classifier.predict(x)
        if name != BASE:
            continue
        for (kind, language), rotation in turned.items():
            if language in asked:
                x = rotation.apply(torch.from_numpy(asked[language])).numpy()
                found[ROTATED[kind], language] = classifier.predict(x)
        for kind in ROTATED:
            found[ROTATED[kind], "en"] = found[BASE, "en"]
        for language, part in train.items():
            own = _fit(cfg, task, _vectors(encoder, part), part)
            found[TRANSLATED, language] = own.predict(asked[language])
    tables = [
        answer_table(name, seed, "frozen", language, test[language], predicted)
        for (name, language), predicted in found.items()
    ]
    write_answers(tables, answers)


def answer_table(
    system: str, seed: int, protocol: str, language: str, asked: Labelled, predicted: np.ndarray
) -> pd.DataFrame:
    """Rows of `tables.TRANSFER` for the predicted classes int64 [S] of some messages."""
    values = (system, seed, protocol, language, asked.ids, predicted == asked.labels)
    return pd.DataFrame(dict(zip(TRANSFER, values, strict=True)))


def write_answers(tables: list[pd.DataFrame], path: Path) -> None:
    """Write them as one Parquet table."""
    pd.concat(tables, ignore_index=True).to_parquet(path, index=False, compression="zstd")


def _fit(
    cfg: TransferParams, task: Task, vectors: np.ndarray, labelled: Labelled
) -> LogisticRegression:
    return LogisticRegression.fit(vectors, labelled.labels, len(task.classes), cfg.l2)


def _vectors(encoder: Encoder, labelled: Labelled) -> np.ndarray:
    return sentence_vectors(encoder, labelled.subwords).numpy()

"""Stages that fit the map from a source space to a target space."""

from __future__ import annotations

import csv
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import torch
from scipy.stats import ortho_group
from torch import Tensor

from crosstalk.alignment.adversarial import train_adversarial
from crosstalk.alignment.criterion import Evaluation
from crosstalk.alignment.mapping import Mapping
from crosstalk.alignment.procrustes import fit_map
from crosstalk.alignment.refinement import refine, refine_once
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError
from crosstalk.params.alignment import SpacesParams, SupervisedParams, UnsupervisedParams
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output


def align_supervised(
    *, cfg: SupervisedParams, source: Input, target: Input, mapping: Output
) -> None:
    """Fit the map to the most frequent words that both spaces of one language hold.

    Raises
    ------
    DataError
        If the spaces share no word or differ in dimension.

    """
    pair = _Pair(cfg, source, target)
    words = shared_words(pair.source, pair.target)[: cfg.dictionary_words]
    if not words:
        raise DataError(f"{source} and {target} share no word: are they of one language?")
    x = pair.x[[pair.source.index[word] for word in words]]
    y = pair.y[[pair.target.index[word] for word in words]]
    W = fit_map(x, y, cfg.solver)
    for _ in range(cfg.refinement.iterations):
        W = refine_once(W, pair.x, pair.y, cfg.refinement)
    pair.mapping(W, method="supervised", dictionary=words).save(mapping)


def align_unsupervised(
    *,
    cfg: UnsupervisedParams,
    seed: int,
    source: Input,
    target: Input,
    mapping: Output,
    history: Output,
) -> None:
    """Play all restarts, refine each, keep the one with the best criterion.

    ``history`` is a table: restart, phase (adversarial, refinement), epoch (or round), criterion,
    distance (Frobenius norm of W - I), selected (1 in the one row whose map was kept). No word
    pair is used anywhere.

    Raises
    ------
    DataError
        If the spaces differ in dimension.
    TrainingError
        If a restart diverges.

    """
    pair = _Pair(cfg, source, target)
    maps, course = train_adversarial(
        pair.x, pair.y, cfg.adversarial, cfg.criterion, seed=derive_seed(seed, "adversarial")
    )
    for restart in progress(range(len(maps)), label="refinement", unit="restart"):
        maps[restart], rounds = refine(
            maps[restart], pair.x, pair.y, cfg.refinement, cfg.criterion, restart=restart
        )
        course += rounds
    selected = max(course, key=lambda evaluation: evaluation.criterion)
    _write_history(history, course, selected)
    pair.mapping(
        maps[selected.restart],
        maps,
        method="unsupervised",
        criterion=selected.criterion,
        restart=selected.restart,
    ).save(mapping)


def rotate_space(*, seed: int, space: Input, rotated: Output) -> None:
    """Turn a space by a random orthogonal matrix: a source that a perfect map exists for."""
    original = Space.load(space)
    generator = np.random.default_rng(derive_seed(seed, "rotation"))
    rotation = ortho_group.rvs(original.dimension, random_state=generator)
    Space(original.words, original.counts, original.vectors @ rotation.T).save(rotated)


def shared_words(source: Space, target: Space) -> list[str]:
    """Words of both spaces, the most frequent in the source first."""
    return [word for word in source.words if word in target.index]


class _Pair:
    """Two spaces, normalised, on the device."""

    def __init__(self, cfg: SpacesParams, source: Path, target: Path) -> None:
        self.source, self.target = Space.load(source), Space.load(target)
        if self.source.dimension != self.target.dimension:
            raise DataError(
                f"{source} has {self.source.dimension} dimensions and {target} "
                f"{self.target.dimension}: train both with the same"
            )
        self._normalisers = [
            Normaliser.fit(space.vectors, cfg.normalise) for space in (self.source, self.target)
        ]
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.x, self.y = (
            torch.from_numpy(normaliser.apply(space.vectors)).to(device)
            for normaliser, space in zip(self._normalisers, (self.source, self.target), strict=True)
        )

    def mapping(self, W: Tensor, restarts: Tensor | None = None, **facts: object) -> Mapping:
        every = None if restarts is None else restarts.cpu().numpy()
        return Mapping(W.cpu().numpy(), *self._normalisers, facts, every)


def _write_history(path: Path, course: list[Evaluation], selected: Evaluation) -> None:
    columns = [field.name for field in fields(Evaluation)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "selected"])
        for entry in course:
            values = [f"{v:.6f}" if isinstance(v, float) else v for v in astuple(entry)]
            writer.writerow([*values, int(entry is selected)])

"""Stages that fit maps from source spaces to target spaces, one a method.

A stage fits many maps, because starting a process takes longer than fitting one: ``sources``,
``targets`` and ``mappings`` run in parallel.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crosstalk.alignment.adversarial import train_adversarial
from crosstalk.alignment.criterion import Evaluation
from crosstalk.alignment.mapping import Mapping
from crosstalk.alignment.procrustes import fit_map
from crosstalk.alignment.refinement import refine, refine_once
from crosstalk.alignment.self_learning import train_self_learning
from crosstalk.alignment.wasserstein import train_wasserstein
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError
from crosstalk.params.alignment import (
    SelfLearningParams,
    SpacesParams,
    SupervisedParams,
    UnsupervisedParams,
    WassersteinParams,
)
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import held_out, read_pairs, right_words
from crosstalk.training.device import device


def align_supervised(
    *,
    cfg: SupervisedParams,
    languages: list[str],
    dictionary: Input,
    sources: list[Input],
    targets: list[Input],
    mappings: list[Output],
) -> None:
    """Fit each map to the most frequent source words and what each of them should become.

    Spaces of one language are fitted to the words that both hold, spaces of two to the entries of
    the dictionary. Words held out (`held_out`) are never fitted; the mapping names the others.
    ``languages`` holds one entry a map, such as ``en-fr``.

    Raises
    ------
    DataError
        If the spaces share no word, or no entry of the dictionary, or differ in dimension.

    """
    pairs = read_pairs(dictionary)
    for names, source, target, mapping in zip(languages, sources, targets, mappings, strict=True):
        pair = SpacePair(cfg, source, target)
        W, known = _fit(pair, pairs, names, cfg)
        pair.mapping(W, method="supervised", dictionary=known).save(mapping)


def _fit(
    pair: SpacePair, pairs: pd.DataFrame, languages: str, cfg: SupervisedParams
) -> tuple[Tensor, list[str]]:
    """Return the map [d, d] and the words that it was fitted to."""
    source_language, _, target_language = languages.partition("-")
    gold = right_words(pairs, source_language, target_language, pair.source.words)
    known = [
        word
        for word in pair.source.words
        if gold.get(word, set()) & pair.target.index.keys()
        and not held_out(word, cfg.held_out_percent)
    ][: cfg.dictionary_words]
    fitted = [
        (pair.source.index[word], pair.target.index[answer])
        for word in known
        for answer in sorted(gold[word])
        if answer in pair.target.index
    ]
    if not fitted:
        raise DataError(
            f"{pair.names} ({languages}) share no word that may be fitted: are the languages right?"
        )
    x, y = (torch.tensor(rows) for rows in zip(*fitted, strict=True))
    W = fit_map(pair.x[x], pair.y[y], cfg.solver)
    for _ in range(cfg.refinement.iterations):
        W = refine_once(W, pair.x, pair.y, cfg.refinement)
    return W, known


def align_adversarial(
    *,
    cfg: UnsupervisedParams,
    seed: int,
    sources: list[Input],
    targets: list[Input],
    mappings: list[Output],
    histories: list[Output],
) -> None:
    """Play the adversarial game, refine each restart, keep the one with the best criterion.

    A history is a table: restart, phase (the method's, then refinement), epoch (or stage, or
    round), criterion, distance (Frobenius norm of W - I), selected (1 in the one row whose map was
    kept). No word pair is used anywhere.

    Raises
    ------
    DataError
        If the spaces differ in dimension.
    TrainingError
        If a restart diverges.

    """
    pairs = [SpacePair(cfg, s, t) for s, t in zip(sources, targets, strict=True)]
    played = train_adversarial(
        [(pair.x, pair.y) for pair in pairs],
        cfg.adversarial,
        cfg.criterion,
        seed=derive_seed(seed, "adversarial"),
    )
    for pair, restarts, *paths in zip(pairs, played, mappings, histories, strict=True):
        _refine_and_choose(pair, *restarts, cfg, "adversarial", *paths)


def align_self_learning(
    *,
    cfg: SelfLearningParams,
    seed: int,
    sources: list[Input],
    targets: list[Input],
    mappings: list[Output],
    histories: list[Output],
) -> None:
    """Learn from the spaces' own similarities; the rest as :func:`align_adversarial`.

    Raises
    ------
    DataError
        If the spaces differ in dimension.
    TrainingError
        If refinement finds no pairs.

    """
    for source, target, *paths in zip(sources, targets, mappings, histories, strict=True):
        pair = SpacePair(cfg, source, target)
        restarts = train_self_learning(pair.x, pair.y, cfg, seed=derive_seed(seed, "self-learning"))
        _refine_and_choose(pair, *restarts, cfg, "self-learning", *paths)


def align_wasserstein(
    *,
    cfg: WassersteinParams,
    seed: int,
    sources: list[Input],
    targets: list[Input],
    mappings: list[Output],
    histories: list[Output],
) -> None:
    """Move a rotation by transport plans; the rest as :func:`align_adversarial`.

    Raises
    ------
    DataError
        If the spaces differ in dimension.
    TrainingError
        If refinement finds no pairs.

    """
    for source, target, *paths in zip(sources, targets, mappings, histories, strict=True):
        pair = SpacePair(cfg, source, target)
        restarts = train_wasserstein(pair.x, pair.y, cfg, seed=derive_seed(seed, "wasserstein"))
        _refine_and_choose(pair, *restarts, cfg, "wasserstein", *paths)


def rotate_space(*, seed: int, space: Input, rotated: Output) -> None:
    """Turn a space by a random orthogonal matrix: a source that a perfect map exists for."""
    original = Space.load(space)
    generator = np.random.default_rng(derive_seed(seed, "rotation"))
    q, r = np.linalg.qr(generator.normal(size=(original.dimension, original.dimension)))
    rotation = q * np.sign(r.diagonal())  # uniform over rotations and reflections
    Space(original.words, original.counts, original.vectors @ rotation.T).save(rotated)


def shared_words(source: Space, target: Space) -> list[str]:
    """Words of both spaces, the most frequent in the source first."""
    return [word for word in source.words if word in target.index]


class SpacePair:
    """Two spaces, normalised, on the device."""

    def __init__(self, cfg: SpacesParams, source: Path, target: Path) -> None:
        self.names = f"{source} and {target}"
        self.source, self.target = Space.load(source), Space.load(target)
        if self.source.dimension != self.target.dimension:
            raise DataError(
                f"{source} has {self.source.dimension} dimensions and {target} "
                f"{self.target.dimension}: train both with the same"
            )
        self._normalisers = [
            Normaliser.fit(space.vectors, cfg.normalise) for space in (self.source, self.target)
        ]
        self.x, self.y = (
            torch.from_numpy(normaliser.apply(space.vectors)).to(device())
            for normaliser, space in zip(self._normalisers, (self.source, self.target), strict=True)
        )

    def mapping(self, W: Tensor, restarts: Tensor | None = None, **facts: object) -> Mapping:
        every = None if restarts is None else restarts.cpu().numpy()
        return Mapping(W.cpu().numpy(), *self._normalisers, facts, every)


def _refine_and_choose(
    pair: SpacePair,
    maps: Tensor,
    course: list[Evaluation],
    cfg: UnsupervisedParams | SelfLearningParams | WassersteinParams,
    method: str,
    mapping: Path,
    history: Path,
) -> None:
    """Refine the maps [R, d, d] of all restarts and write them, the best one, and the course."""
    refined = []
    for restart, W in enumerate(progress(maps, label="refinement", unit="restart")):
        best, rounds = refine(W, pair.x, pair.y, cfg.refinement, cfg.criterion, restart=restart)
        refined.append(best)
        course = course + rounds
    selected = max(course, key=lambda evaluation: evaluation.criterion)
    _write_history(history, course, selected)
    pair.mapping(
        refined[selected.restart],
        torch.stack(refined),
        method=method,
        criterion=selected.criterion,
        restart=selected.restart,
    ).save(mapping)


def _write_history(path: Path, course: list[Evaluation], selected: Evaluation) -> None:
    columns = [field.name for field in fields(Evaluation)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "selected"])
        for entry in course:
            values = [f"{v:.6f}" if isinstance(v, float) else v for v in astuple(entry)]
            writer.writerow([*values, int(entry is selected)])

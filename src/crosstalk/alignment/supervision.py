"""How well a map answers held-out words, by how many word pairs it was fitted to."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from crosstalk.alignment.align import SpacePair, shared_words
from crosstalk.alignment.csls import mutual_neighbours, nearest_csls, top_cosine
from crosstalk.alignment.procrustes import fit_map
from crosstalk.alignment.refinement import refine_once
from crosstalk.errors import DataError
from crosstalk.params.alignment import RefinementParams, SupervisionParams
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output

COLUMNS = ("pairs", "refined", "metric", "word", "correct", "fitted_pairs")


def align_with_pairs(
    *,
    cfg: SupervisionParams,
    sources: list[Input],
    targets: list[Input],
    seed: int,
    curves: list[Output],
) -> None:
    """Fit a map to each number of pairs, with and without refinement, and ask the held-out words.

    ``sources``, ``targets`` and ``curves`` run in parallel. A curve is a table, one row an answer:
    pairs (known ones), refined (0 or 1), metric (cosine or csls), word, correct (1 if its nearest
    of all target words is itself), fitted_pairs (those that the last fit used: the known ones, or
    the mutual neighbours of the last round). Refinement pairs words as it finds them, held-out ones
    among them, but is never told which belong together.

    Raises
    ------
    DataError
        If the spaces differ in dimension, or share too few words.
    TrainingError
        If refinement finds no pairs.

    """
    for source, target, curve in zip(sources, targets, curves, strict=True):
        _write_curve(SpacePair(cfg, source, target), cfg, seed, curve)


def _write_curve(pair: SpacePair, cfg: SupervisionParams, seed: int, curve: Path) -> None:
    shared = shared_words(pair.source, pair.target)
    if len(shared) < cfg.held_out + min(cfg.pairs):
        raise DataError(
            f"{pair.names} share {len(shared)} words, too few for held_out={cfg.held_out} and "
            f"pairs={min(cfg.pairs)}: lower either"
        )
    held_out, known = split_words(shared, cfg.held_out, seed)
    x, y = _rows(pair, known)
    with curve.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for pairs in progress(
            [n for n in cfg.pairs if n <= len(known)], label="supervision", unit="size"
        ):
            fitted = fit_map(pair.x[x[:pairs]], pair.y[y[:pairs]], cfg.solver)
            maps = [(fitted, pairs)]
            if cfg.refinement.iterations:
                maps.append(_refined(fitted, pair, cfg.refinement))
            for refined, (W, fitted_pairs) in enumerate(maps):
                for metric, correct in _answers(W, pair, held_out, cfg.neighbours).items():
                    writer.writerows(
                        (pairs, refined, metric, word, int(right), fitted_pairs)
                        for word, right in zip(held_out, correct, strict=True)
                    )


def split_words(words: Sequence[str], held_out: int, seed: int) -> tuple[list[str], list[str]]:
    """Draw ``held_out`` words, one from each of as many equal stretches; return them and the rest.

    Both keep the order of ``words``, which is by falling frequency.
    """
    generator = np.random.default_rng(derive_seed(seed, "held-out words"))
    stretches = np.array_split(np.arange(len(words)), held_out)
    drawn = {int(generator.choice(stretch)) for stretch in stretches}
    return (
        [words[row] for row in sorted(drawn)],
        [word for row, word in enumerate(words) if row not in drawn],
    )


def _refined(W: Tensor, pair: SpacePair, cfg: RefinementParams) -> tuple[Tensor, int]:
    """Return the map after all rounds, and how many pairs the last one used."""
    for _ in range(cfg.iterations):
        before, W = W, refine_once(W, pair.x, pair.y, cfg)
    x, y = mutual_neighbours(pair.x @ before.T, pair.y, neighbours=cfg.neighbours)
    return W, int(((x < cfg.max_rank) & (y < cfg.max_rank)).sum())


def _answers(
    W: Tensor, pair: SpacePair, words: Sequence[str], neighbours: int
) -> dict[str, list[bool]]:
    """Whether the nearest of all target words is the word itself, by metric."""
    x, y = _rows(pair, words)
    mapped = pair.x @ W.T
    nearest = {
        "cosine": top_cosine(mapped[x], pair.y, 1)[1].squeeze(1),
        "csls": nearest_csls(mapped[x], pair.y, source_space=mapped, neighbours=neighbours),
    }
    return {metric: (rows == y).tolist() for metric, rows in nearest.items()}


def _rows(pair: SpacePair, words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Rows int64 [n] of some words in either space."""
    device = pair.x.device
    x, y = (
        torch.tensor([space.index[word] for word in words], device=device)
        for space in (pair.source, pair.target)
    )
    return x, y

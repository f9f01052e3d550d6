"""Robust self-learning (Artetxe, Labaka and Agirre 2018, sections 3.2 and 3.3).

Words that translate each other have similar distributions of similarities to the other words of
their own language; that gives a first dictionary. Then a rotation is fitted to the dictionary and
a dictionary induced from the rotation, in turns. Candidates take part in a round with a
probability that begins low and doubles whenever the objective no longer grows: noise that leads
out of poor local optima and fades.

The paper's last step (section 3.4: whitening, rotation, re-weighting of both sides) is left out.
It transforms the target space too, and the cosine of A x and B y is not that of W x and y for any
W, so one map into the normalised target space cannot hold it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from crosstalk.alignment.criterion import Evaluation, evaluate
from crosstalk.alignment.csls import nearest_csls, top_cosine, top_discounted
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.params.alignment import SelfLearningParams
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed

Dictionary = tuple[Tensor, Tensor]
"""Rows int64 [p] of source words and of the target words they are paired with."""


def train_self_learning(
    source: Tensor,
    target: Tensor,
    cfg: SelfLearningParams,
    *,
    seed: int,
    restarts: Sequence[int] | None = None,
) -> tuple[Tensor, list[Evaluation]]:
    """Return each restart's best map by the criterion, [R, d, d], and the course of all.

    Restarts share the initial dictionary and differ in which candidates take part. The criterion
    is measured before the first round and whenever the objective no longer grows.

    Parameters
    ----------
    source, target
        float32 [n, d] and [m, d] on one device, sorted by falling frequency.
    cfg
        The method, and how its maps are judged.
    seed
        Each restart draws from a stream made of this and its number.
    restarts
        Numbers of the restarts to run (default: 0 to ``cfg.restarts`` - 1).

    """
    numbers = list(range(cfg.restarts)) if restarts is None else list(restarts)
    first = initial_dictionary(source, target, cfg.initial_words, cfg.neighbours)
    maps, course = [], []
    for number in progress(numbers, label="self-learning", unit="restart"):
        stream = torch.Generator().manual_seed(derive_seed(seed, f"restart {number}"))
        stages = list(_learn(source, target, first, cfg, stream))
        own = [
            evaluate(
                W,
                source,
                target,
                cfg.criterion,
                restart=number,
                phase="self-learning",
                epoch=stage,
            )
            for stage, W in enumerate(stages)
        ]
        maps.append(stages[max(own, key=lambda evaluation: evaluation.criterion).epoch])
        course += own
    return torch.stack(maps), course


def initial_dictionary(source: Tensor, target: Tensor, words: int, neighbours: int) -> Dictionary:
    """Pair the most frequent words by their similarity profiles, each side's best by CSLS.

    ``words`` is cut to the smaller of ``source`` [n, d] and ``target`` [m, d]: profiles must be
    of one length. Returns 2 ``words`` pairs, first every source word's, then every target word's.
    """
    words = min(words, len(source), len(target))
    x, y = similarity_profiles(source[:words]), similarity_profiles(target[:words])
    every = torch.arange(words, device=source.device)
    forward = nearest_csls(x, y, neighbours=neighbours)
    backward = nearest_csls(y, x, neighbours=neighbours)
    return torch.cat([every, backward]), torch.cat([forward, every])


def similarity_profiles(vectors: Tensor) -> Tensor:
    """Sorted rows of the square root of X X^T, [n, n], from X [n, d] (section 3.2).

    The rows are then scaled to unit length, centred and scaled again, as vectors are in the paper.
    """
    left, scale, _ = torch.linalg.svd(vectors, full_matrices=False)
    profiles = normalize(((left * scale) @ left.T).sort(dim=1).values)
    return normalize(profiles - profiles.mean(0))


def induce(
    W: Tensor,
    source: Tensor,
    target: Tensor,
    *,
    keep: float,
    neighbours: int,
    stream: torch.Generator,
) -> tuple[Dictionary, float]:
    """Pair every word of either side with its best partner under ``W`` that takes part.

    Returns the n + m pairs and the objective of section 3.3: the mean cosine of all words with
    their nearest, both ways, whether these take part or not.
    """
    mapped = source @ W.T
    near_source = top_cosine(mapped, target, neighbours)[0]
    near_target = top_cosine(target, mapped, neighbours)[0]
    objective = (near_source[:, 0].mean() + near_target[:, 0].mean()).item() / 2
    forward = _partners(mapped, target, near_target.mean(1), keep, stream)
    backward = _partners(target, mapped, near_source.mean(1), keep, stream)
    rows_source, rows_target = (
        torch.arange(len(side), device=side.device) for side in (source, target)
    )
    pairs = torch.cat([rows_source, backward]), torch.cat([forward, rows_target])
    return pairs, objective


def _learn(
    source: Tensor,
    target: Tensor,
    dictionary: Dictionary,
    cfg: SelfLearningParams,
    stream: torch.Generator,
) -> Iterator[Tensor]:
    """Yield the map [d, d] of the first dictionary, and the one that each stage ends with."""
    source, target = source[: cfg.frequent_words], target[: cfg.frequent_words]
    keep, best, still = cfg.keep, -math.inf, 0
    while True:
        W = orthogonal_map(source[dictionary[0]], target[dictionary[1]])
        if best == -math.inf:
            yield W
        dictionary, objective = induce(
            W, source, target, keep=keep, neighbours=cfg.neighbours, stream=stream
        )
        still = 0 if objective >= best + cfg.threshold else still + 1
        best = max(best, objective)
        if still == cfg.patience:
            yield W
            if keep == 1:
                return
            keep, still = min(1.0, cfg.keep_factor * keep), 0


def _partners(
    queries: Tensor, candidates: Tensor, density: Tensor, keep: float, stream: torch.Generator
) -> Tensor:
    """Each query's best candidate by CSLS, rows int64 [n], where each takes part by chance.

    How many better candidates stay out is geometric, so a rank a query is drawn in place of a
    number a pair. Where no candidate takes part, the last one does. (Published code scores those
    that stay out 0 instead: the same unless all that take part score below 0.)
    """
    rank = _failures(len(queries), keep, stream).clamp_(max=len(candidates) - 1)
    rows = top_discounted(queries, candidates, density, int(rank.max()) + 1)
    return rows.gather(1, rank.to(rows.device).unsqueeze(1)).squeeze(1)


def _failures(count: int, success: float, stream: torch.Generator) -> Tensor:
    """Failures before the first success, int64 [count], on the CPU so that devices agree."""
    if success == 1:
        return torch.zeros(count, dtype=torch.int64)
    return torch.empty(count).geometric_(success, generator=stream).long() - 1

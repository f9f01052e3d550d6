"""Nearest neighbours across spaces by cosine or CSLS, exact, in blocks that bound memory.

Cross-domain similarity local scaling (Conneau et al. 2018, section 2.3):
CSLS(x, y) = 2 cos(x, y) - r(x) - r(y), where r is the mean cosine to the k nearest vectors of the
other space. It lowers hubs, words that are near to everything.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import normalize

BLOCK_BYTES = {"cpu": 2**20, "cuda": 256 * 2**20}
"""Size of the largest block of similarities by device: what a core's cache holds; enough to keep a
GPU busy."""


def top_cosine(
    source: Tensor, target: Tensor, k: int, *, block_bytes: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return cosines [n, k] and rows int64 [n, k] of the k nearest targets of each source vector.

    ``source`` is [n, d] and ``target`` [m, d], float32 of any length; k is cut to m.
    """
    return _top(normalize(source), normalize(target), k, None, block_bytes)


def top_csls(
    source: Tensor,
    target: Tensor,
    k: int,
    *,
    source_space: Tensor | None = None,
    neighbours: int = 10,
    block_bytes: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return CSLS scores [n, k] and rows int64 [n, k] of the k best targets of each source vector.

    ``source_space`` [s, d] is where the targets' neighbourhoods lie (default: ``source``). It
    matters when ``source`` is only a part, or single tokens, of the space that was mapped.
    """
    source, target = normalize(source), normalize(target)
    space = source if source_space is None else normalize(source_space)
    density = _mean_similarity(target, space, neighbours, block_bytes)
    scores, rows = _top(source, target, k, density, block_bytes)
    return scores - _mean_similarity(source, target, neighbours, block_bytes).unsqueeze(1), rows


def nearest_csls(
    source: Tensor,
    target: Tensor,
    *,
    source_space: Tensor | None = None,
    neighbours: int = 10,
    block_bytes: int | None = None,
) -> Tensor:
    """Rows int64 [n] of the first place of :func:`top_csls`, in half the time.

    The neighbourhood of a source vector does not change the order of its targets.
    """
    source, target = normalize(source), normalize(target)
    space = source if source_space is None else normalize(source_space)
    density = _mean_similarity(target, space, neighbours, block_bytes)
    return _top(source, target, 1, density, block_bytes)[1].squeeze(1)


def top_discounted(
    source: Tensor, target: Tensor, density: Tensor, k: int, *, block_bytes: int | None = None
) -> Tensor:
    """Rows int64 [n, k] of the best targets by 2 cos(x, y) - r(y), which is the order of CSLS.

    ``density`` [m] is r of each target, for callers that have it already; k is cut to m.
    """
    return _top(normalize(source), normalize(target), k, density, block_bytes)[1]


def mutual_neighbours(
    source: Tensor, target: Tensor, *, neighbours: int = 10, block_bytes: int | None = None
) -> tuple[Tensor, Tensor]:
    """Rows int64 [p] of sources and [p] of targets that are each other's best by CSLS."""
    source, target = normalize(source), normalize(target)
    source_density = _mean_similarity(source, target, neighbours, block_bytes)
    target_density = _mean_similarity(target, source, neighbours, block_bytes)
    forward = _top(source, target, 1, target_density, block_bytes)[1].squeeze(1)
    backward = _top(target, source, 1, source_density, block_bytes)[1].squeeze(1)
    rows = torch.arange(len(source), device=source.device)
    mutual = backward[forward] == rows
    return rows[mutual], forward[mutual]


def mean_similarity(
    vectors: Tensor, space: Tensor, k: int, *, block_bytes: int | None = None
) -> Tensor:
    """R of each vector, float32 [n]: its mean inner product with the k largest of ``space``.

    It is the mean cosine if both, [n, d] and [m, d], are of unit length.
    """
    return _mean_similarity(vectors, space, k, block_bytes)


def rank_of_counterparts(
    source: Tensor, target: Tensor, density: Tensor, *, block_bytes: int | None = None
) -> Tensor:
    """Place, from 1, of target i among the targets of source i by 2 <x, y> - r(y): int64 [n].

    ``source`` and ``target`` are [n, d] and are taken as they are, ``density`` [n] is r of each
    target. A target that scores as high as the counterpart counts as before it.
    """
    ranks = []
    before = 0
    for block in _blocks(source, len(target), block_bytes):
        scores = (block @ target.T).mul_(2).sub_(density)
        rows = torch.arange(len(block), device=block.device)
        own = scores[rows, before + rows]
        ranks.append((scores >= own.unsqueeze(1)).sum(1))
        before += len(block)
    return torch.cat(ranks)


def _mean_similarity(vectors: Tensor, space: Tensor, k: int, block_bytes: int | None) -> Tensor:
    return _top(vectors, space, k, None, block_bytes)[0].mean(1)


def _top(
    source: Tensor, target: Tensor, k: int, density: Tensor | None, block_bytes: int | None
) -> tuple[Tensor, Tensor]:
    """Best k by cosine, or by 2 cos - density of the target."""
    k = min(k, len(target))
    values = source.new_empty(len(source), k)
    rows = torch.empty(len(source), k, dtype=torch.int64, device=source.device)
    room, begin = source.new_empty(0), 0
    for block in _blocks(source, len(target), block_bytes):
        # One buffer for all blocks: new ones leave holes that malloc does not fill again.
        if room.shape != (len(block), len(target)):
            room = source.new_empty(len(block), len(target))
        scores = torch.mm(block, target.T, out=room)
        if density is not None:
            scores.mul_(2).sub_(density)
        end = begin + len(block)
        best = scores.max(1, keepdim=True) if k == 1 else scores.topk(k)
        values[begin:end], rows[begin:end] = best
        begin = end
    return values, rows


def _blocks(source: Tensor, columns: int, block_bytes: int | None) -> Iterator[Tensor]:
    size = BLOCK_BYTES[source.device.type] if block_bytes is None else block_bytes
    rows = max(1, size // (columns * source.element_size()))
    return iter(source.split(rows))

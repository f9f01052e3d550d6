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

BLOCK_BYTES = {"cpu": 4 * 2**20, "cuda": 256 * 2**20}
"""Size of a block of similarities by device: what stays near a core; enough to keep a GPU busy."""
LEAST_ROWS = 32
"""Of a block, whatever its size: with fewer, a product reads more than it computes."""
GROUP = 16
"""Scores of which the largest alone is looked at first, when the best of a row are sought."""


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
    return agreeing(
        *nearest_both_ways(source, target, neighbours=neighbours, block_bytes=block_bytes)
    )


def nearest_both_ways(
    source: Tensor, target: Tensor, *, neighbours: int = 10, block_bytes: int | None = None
) -> tuple[Tensor, Tensor]:
    """Rows int64 [n] of each source's best target by CSLS, and [m] of each target's best source."""
    source, target = normalize(source), normalize(target)
    source_density = _mean_similarity(source, target, neighbours, block_bytes)
    target_density = _mean_similarity(target, source, neighbours, block_bytes)
    forward = _top(source, target, 1, target_density, block_bytes)[1].squeeze(1)
    backward = _top(target, source, 1, source_density, block_bytes)[1].squeeze(1)
    return forward, backward


def agreeing(forward: Tensor, backward: Tensor) -> tuple[Tensor, Tensor]:
    """Rows int64 [p] of both sides that :func:`nearest_both_ways` says are each other's best."""
    rows = torch.arange(len(forward), device=forward.device)
    both = backward[forward] == rows
    return rows[both], forward[both]


def mean_similarity(
    vectors: Tensor, space: Tensor, k: int, *, block_bytes: int | None = None
) -> Tensor:
    """CSLS's r of each vector, float32 [n]: its mean inner product with the k largest of ``space``.

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
    ranks = torch.empty(len(source), dtype=torch.int64, device=source.device)
    for begin, scores in _blocks(source, target, density, block_bytes):
        rows = torch.arange(len(scores), device=source.device)
        own = scores[rows, begin + rows]
        # In place, for the reason given below; float32 counts to 16 million without an error.
        ranks[begin : begin + len(scores)] = scores.ge_(own.unsqueeze(1)).sum(1).long()
    return ranks


def _mean_similarity(vectors: Tensor, space: Tensor, k: int, block_bytes: int | None) -> Tensor:
    return _top(vectors, space, k, None, block_bytes)[0].mean(1)


def _top(
    source: Tensor, target: Tensor, k: int, density: Tensor | None, block_bytes: int | None
) -> tuple[Tensor, Tensor]:
    """Best k by cosine, or by 2 cos - density of the target."""
    k = min(k, len(target))
    values = source.new_empty(len(source), k)
    rows = torch.empty(len(source), k, dtype=torch.int64, device=source.device)
    for begin, scores in _blocks(source, target, density, block_bytes):
        part = slice(begin, begin + len(scores))
        values[part], rows[part] = _largest(scores, k)
    return values, rows


def _blocks(
    source: Tensor, target: Tensor, density: Tensor | None, block_bytes: int | None
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first row and the scores [b, m] of each block; the next one overwrites them.

    One buffer serves all blocks: new ones leave holes that malloc does not fill again, until the
    whole matrix is in memory.
    """
    width = len(target) * source.element_size()
    if block_bytes is None:
        block_bytes = max(BLOCK_BYTES[source.device.type], LEAST_ROWS * width)
    height = max(1, block_bytes // width)
    buffer = source.new_empty(min(height, len(source)), len(target))
    for begin in range(0, len(source), height):
        block = source[begin : begin + height]
        scores = torch.mm(block, target.T, out=buffer[: len(block)])
        if density is not None:
            scores.mul_(2).sub_(density)
        yield begin, scores


def _largest(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return what ``scores.topk(k)`` does (equal scores in any order), in less time on a CPU.

    The k largest are in the k groups whose largest are largest, or after the last whole group.
    """
    groups = scores.shape[1] // GROUP
    if groups < 4 * k:
        return scores.topk(k)
    grouped = groups * GROUP
    # Columns of a group lie `groups` apart, so that maxima are taken of whole rows of memory.
    largest = scores[:, :grouped].unflatten(1, (GROUP, groups)).amax(1)
    best = largest.topk(k, sorted=False).indices
    steps = torch.arange(0, grouped, groups, device=scores.device)
    rest = torch.arange(grouped, scores.shape[1], device=scores.device)
    columns = (best.unsqueeze(2) + steps).flatten(1)
    columns = torch.cat([columns, rest.expand(len(columns), -1)], 1)
    values, places = scores.gather(1, columns).topk(k)
    return values, columns.gather(1, places)

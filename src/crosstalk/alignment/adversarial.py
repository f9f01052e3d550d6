"""Adversarial training of a linear map (Conneau et al. 2018, section 2.2), restarts side by side.

A discriminator learns to tell mapped source vectors from target vectors; the map learns to
deceive it. The game often ends in a poor local optimum, so many restarts, of many pairs of spaces,
run as R independent games in one batched computation: the map is [R, d, d], each layer of the
discriminator [R, in, out]. Each restart owns its random stream, hence its course does not depend
on which others run beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, leaky_relu_
from tqdm import tqdm

from crosstalk.alignment.criterion import Evaluation, evaluate
from crosstalk.errors import TrainingError
from crosstalk.params.alignment import AdversarialParams, CriterionParams
from crosstalk.progress import bar
from crosstalk.seeds import derive_seed

LEAK = 0.2
GAMES = 24
"""Games in one computation on a CPU, so that what they compute with fits into its cache."""
CHUNK = 64
"""Steps whose random numbers are drawn at once; part of the meaning of a seed."""
_LEAKY_RELU_BACKWARD = torch.ops.aten.leaky_relu_backward.grad_input


def train_adversarial(
    pairs: Sequence[tuple[Tensor, Tensor]],
    cfg: AdversarialParams,
    criterion: CriterionParams,
    *,
    seed: int,
    restarts: Sequence[int] | None = None,
) -> list[tuple[Tensor, list[Evaluation]]]:
    """Play all games; return, for each pair, every restart's best map [R, d, d] and the course.

    Parameters
    ----------
    pairs
        Source and target: float32 [n, d] and [m, d] on one device, sorted by falling frequency;
        n and m may differ from pair to pair.
    cfg, criterion
        The game, and how its maps are judged after each epoch.
    seed
        Each restart draws from a stream made of this and its number.
    restarts
        Numbers of the restarts to run (default: 0 to ``cfg.restarts`` - 1).

    Raises
    ------
    TrainingError
        If a map is no longer finite.

    """
    numbers = list(range(cfg.restarts)) if restarts is None else list(restarts)
    on_cpu = pairs[0][0].device.type == "cpu"
    together = max(1, GAMES // len(numbers)) if on_cpu else len(pairs)
    groups = list(itertools.batched(pairs, together))
    steps = cfg.epochs * cfg.map_steps
    with bar(label="adversarial training", total=steps * len(groups), unit="step") as shown:
        found = [_train(group, cfg, criterion, seed, numbers, shown) for group in groups]
    return list(itertools.chain.from_iterable(found))


def _train(
    pairs: Sequence[tuple[Tensor, Tensor]],
    cfg: AdversarialParams,
    criterion: CriterionParams,
    seed: int,
    numbers: Sequence[int],
    shown: tqdm,
) -> list[tuple[Tensor, list[Evaluation]]]:
    """Play the games of some pairs in one computation."""
    games = [(pair, number) for pair in range(len(pairs)) for number in numbers]
    game = _Game(pairs, cfg, [(pair, derive_seed(seed, f"restart {r}")) for pair, r in games])
    rates = torch.full((len(games), 1, 1), cfg.map_learning_rate, device=game.W.device)
    best, best_value = game.W.detach().clone(), [-math.inf] * len(games)
    fell = [False] * len(games)
    courses: list[list[Evaluation]] = [[] for _ in pairs]
    for epoch in range(cfg.epochs + 1):
        if epoch:
            for _ in game.play(cfg.map_steps, rates):
                shown.update(1)
            rates *= cfg.decay
        for i, (pair, number) in enumerate(games):
            W = game.W[i].detach()
            if not W.isfinite().all():
                raise TrainingError(
                    f"adversarial restart {number} diverged in epoch {epoch}: lower "
                    f"map_learning_rate={cfg.map_learning_rate} or "
                    f"discriminator_learning_rate={cfg.discriminator_learning_rate}"
                )
            now = evaluate(
                W, *pairs[pair], criterion, restart=number, phase="adversarial", epoch=epoch
            )
            courses[pair].append(now)
            if now.criterion > best_value[i]:
                best[i], best_value[i] = W, now.criterion
            elif fell[i]:
                rates[i] *= cfg.shrink
            else:
                fell[i] = True
    return list(zip(best.split(len(numbers)), courses, strict=True))


class _Game:
    """The state of R games and their moves; each knows its pair by the rows that are its own."""

    def __init__(
        self,
        pairs: Sequence[tuple[Tensor, Tensor]],
        cfg: AdversarialParams,
        games: Sequence[tuple[int, int]],
    ) -> None:
        self.cfg = cfg
        self.slope = LEAK if cfg.activation == "leaky_relu" else 0.0
        self.streams = [torch.Generator().manual_seed(seed) for _, seed in games]
        top = cfg.frequent_words or None
        sides = [[words[:top] * cfg.scale for words in side] for side in zip(*pairs, strict=True)]
        self.source, self.target = (torch.cat(side) for side in sides)
        ranges = [_ranges(side) for side in sides]
        self.rows = [tuple(side[pair] for side in ranges) for pair, _ in games]
        d = self.source.shape[1]
        self.W = self._each(lambda g: _start(d, cfg, g)).requires_grad_()
        widths = [d] + [cfg.dimension] * cfg.layers + [1]
        self.weights, self.biases = [], []
        for fan_in, fan_out in itertools.pairwise(widths):
            bound = fan_in**-0.5  # torch.nn.Linear's own start
            for store, shape in ((self.weights, (fan_in, fan_out)), (self.biases, (1, fan_out))):
                store.append(self._each(lambda g, s=shape, b=bound: _uniform(s, b, g)))
        self.truth = torch.cat(
            [torch.full((cfg.batch,), 1 - cfg.smoothing), torch.full((cfg.batch,), cfg.smoothing)]
        ).to(self.source.device)

    def play(self, steps: int, rates: Tensor) -> Iterator[None]:
        """Update the map ``steps`` times, each after ``discriminator_steps`` of the other side."""
        done = 0
        while done < steps:
            count = min(CHUNK, steps - done)
            for words, hidden in self._draw(count):
                for (x, y), kept in zip(words[:-1], hidden, strict=True):
                    self._move_discriminator(x, y, kept)
                self._move_map(words[-1][0], rates)
                yield
            done += count

    def _move_discriminator(self, x: Tensor, y: Tensor, kept: Tensor | None) -> None:
        """Descend `_loss`; its gradient by hand and in place, which takes a sixth less time."""
        with torch.no_grad():
            batch = torch.cat([self._mapped(x), self.target[y]], 1)
            if kept is not None:
                batch *= kept
            given = [batch]  # to each layer
            for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
                given.append(leaky_relu_(_affine(given[-1], weight, bias), self.slope))
            logits = _affine(given[-1], self.weights[-1], self.biases[-1])
            gradient = (logits.sigmoid_() - self.truth.unsqueeze(1)) / len(self.truth)
            rate = self.cfg.discriminator_learning_rate
            for layer in reversed(range(len(given))):
                weight, move = self.weights[layer], (gradient.mT @ given[layer]).mT
                self.biases[layer].sub_(gradient.sum(1, keepdim=True), alpha=rate)
                if layer:
                    gradient = gradient @ weight.mT
                    _LEAKY_RELU_BACKWARD(
                        gradient, given[layer], self.slope, True, grad_input=gradient
                    )
                weight.sub_(move, alpha=rate)

    def _move_map(self, x: Tensor, rates: Tensor) -> None:
        logits = self._logits(self._mapped(x))
        # The mean is over both languages' halves, though the target's has no gradient.
        loss = self._loss(logits, 1 - self.truth[: self.cfg.batch]) / 2
        (gradient,) = torch.autograd.grad(loss, self.W)
        beta = self.cfg.orthogonality
        with torch.no_grad():
            self.W -= rates * gradient
            if beta:
                self.W.copy_((1 + beta) * self.W - beta * self.W @ (self.W.mT @ self.W))

    def _mapped(self, x: Tensor) -> Tensor:
        return self.source[x] @ self.W.mT

    def _logits(self, x: Tensor) -> Tensor:
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = leaky_relu(_affine(x, weight, bias), self.slope)
        return _affine(x, self.weights[-1], self.biases[-1]).squeeze(-1)

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over the batch, sum over restarts: no restart's gradient reaches another."""
        loss = binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="sum")
        return loss / logits.shape[1]

    def _draw(self, steps: int) -> Iterator[tuple[Tensor, Tensor | list[None]]]:
        """Yield (rows [D + 1, 2, R, B], dropout masks [D, R, 2B, d]) for each step of the map."""
        cfg, rounds = self.cfg, self.cfg.discriminator_steps
        d = self.source.shape[1]

        def rows(stream: torch.Generator, own: tuple[range, range]) -> Tensor:
            shape = (steps, rounds + 1, cfg.batch)
            drawn = [torch.randint(r.start, r.stop, shape, generator=stream) for r in own]
            return torch.stack(drawn, 2)

        def masks(stream: torch.Generator) -> Tensor:
            shape = (steps, rounds, 2 * cfg.batch, d)
            kept = torch.rand(shape, generator=stream) >= cfg.dropout
            return kept / (1 - cfg.dropout)

        drawn = [rows(s, own) for s, own in zip(self.streams, self.rows, strict=True)]
        words = torch.stack(drawn, 3).to(self.source.device)
        kept = self._each(masks, 2) if cfg.dropout else [[None] * rounds] * steps
        return zip(words, kept, strict=True)

    def _each(self, draw: Callable[[torch.Generator], Tensor], position: int = 0) -> Tensor:
        """Stack one draw from each restart's own stream."""
        return torch.stack([draw(s) for s in self.streams], position).to(self.source.device)


def _affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if weight.shape[-1] == 1:  # as a product of matrices it would take six times as long
        return torch.linalg.vecdot(x, weight.mT).unsqueeze(-1) + bias
    return torch.bmm(x, weight).add_(bias)


def _ranges(tables: Sequence[Tensor]) -> list[range]:
    """Return which rows each table has once they are stacked."""
    ends = list(itertools.accumulate(len(table) for table in tables))
    return [range(end - len(table), end) for table, end in zip(tables, ends, strict=True)]


def _start(d: int, cfg: AdversarialParams, stream: torch.Generator) -> Tensor:
    identity = torch.eye(d)
    if cfg.start == "identity":
        return identity
    noise = torch.randn(d, d, generator=stream)
    if cfg.start == "near_identity":
        return identity + cfg.start_noise * noise
    q, r = torch.linalg.qr(noise)
    return q * r.diagonal().sign()  # uniform over all rotations and reflections


def _uniform(shape: tuple[int, int], bound: float, stream: torch.Generator) -> Tensor:
    return (2 * torch.rand(shape, generator=stream) - 1) * bound

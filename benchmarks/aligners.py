"""Unsupervised aligners: restarts a minute, and P@1 of the restart that the criterion picks.

Without files, the spaces are a generated one and a turned, noised copy, so that a good map is
known to exist. P@1 is by CSLS over the words that both spaces hold, after refinement: "ceiling" is
that of Procrustes on all true pairs, "solved" the share of restarts that reach nine tenths of it.
"batched" compares restarts side by side with the same restarts one after another (1 where the
method has no batched form).
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from table import show

from crosstalk.alignment.adversarial import train_adversarial
from crosstalk.alignment.align import SpacePair, rotate_space, shared_words
from crosstalk.alignment.criterion import mean_cosine
from crosstalk.alignment.csls import nearest_csls
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.alignment.refinement import refine
from crosstalk.alignment.self_learning import train_self_learning
from crosstalk.alignment.wasserstein import train_wasserstein
from crosstalk.embeddings.spaces import Space
from crosstalk.params.alignment import (
    AdversarialParams,
    CriterionParams,
    RefinementParams,
    SelfLearningParams,
    SpacesParams,
    WassersteinParams,
)

METHODS = ("adversarial", "self-learning", "wasserstein")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, help="a space (default: a generated one)")
    parser.add_argument("--target", type=Path, help="a space (default: the source, turned, noised)")
    parser.add_argument("--words", type=int, default=1000, help="of the generated space")
    parser.add_argument("--dimension", type=int, default=20, help="of the generated space")
    parser.add_argument(
        "--noise", type=float, default=0.3, help="length of the noise on a vector of length 1"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument(
        "--published", action="store_true", help="published lengths, not a hundredth of them"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pair = load(arguments)
    rows = [measure(pair, method, arguments) for method in arguments.methods]
    columns = ("method", "restarts/min", "batched", "P@1", "ceiling", "solved")
    show(columns, rows)


def load(arguments) -> SpacePair:
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.source or Path(folder) / "source.safetensors"
        target = arguments.target or Path(folder) / "target.safetensors"
        generator = np.random.default_rng(arguments.seed)
        if not arguments.source:
            shape = (arguments.words, arguments.dimension)
            scale = 0.95 ** np.arange(arguments.dimension)
            vectors = (generator.exponential(size=shape) - 0.6) * scale
            words = [f"w{i}" for i in range(arguments.words)]
            Space(words, np.arange(arguments.words, 0, -1), vectors).save(source)
        if not arguments.target:
            space = Space.load(source).normalise(("unit",))
            noise = generator.normal(size=space.vectors.shape) / space.dimension**0.5
            noised = space.vectors + arguments.noise * noise
            Space(space.words, space.counts, noised).save(target)
            rotate_space(seed=arguments.seed, space=target, rotated=target)
        return SpacePair(SpacesParams(), source, target)


def measure(pair: SpacePair, method: str, arguments) -> tuple:
    criterion, numbers = CriterionParams(), range(arguments.restarts)
    train = trainer(pair, method, arguments, criterion)
    train([0], warm=True)
    begin = time.perf_counter()
    maps = train(numbers)
    seconds = time.perf_counter() - begin
    ratio = 1.0
    if method != "self-learning":
        begin = time.perf_counter()
        for number in numbers:
            train([number])
        ratio = (time.perf_counter() - begin) / seconds
    refined = [refine(W, pair.x, pair.y, RefinementParams(), criterion)[0] for W in maps]
    best = max(refined, key=lambda W: mean_cosine(W, pair.x, pair.y, criterion))
    words = shared_words(pair.source, pair.target)
    x = torch.tensor([pair.source.index[w] for w in words], device=pair.x.device)
    y = torch.tensor([pair.target.index[w] for w in words], device=pair.x.device)

    def precision(W):
        mapped = pair.x @ W.T
        return (nearest_csls(mapped[x], pair.y, source_space=mapped) == y).float().mean().item()

    ceiling = precision(orthogonal_map(pair.x[x], pair.y[y]))
    solved = sum(precision(W) >= 0.9 * ceiling for W in refined)
    speed = 60 * arguments.restarts / seconds
    return method, speed, ratio, precision(best), ceiling, f"{solved}/{len(refined)}"


def trainer(pair: SpacePair, method: str, arguments, criterion):
    """Return a function that trains some restarts; ``warm`` is the shortest run there is."""
    lengths = {} if arguments.published else SHORT[method]

    def train(restarts, *, warm=False):
        chosen = lengths | WARM[method] if warm else lengths
        common = {"seed": arguments.seed, "restarts": list(restarts)}
        if method == "adversarial":
            cfg = AdversarialParams(**chosen)
            return train_adversarial([(pair.x, pair.y)], cfg, criterion, **common)[0][0]
        if method == "self-learning":
            cfg = SelfLearningParams(criterion=criterion, **chosen)
            return train_self_learning(pair.x, pair.y, cfg, **common)[0]
        cfg = WassersteinParams(criterion=criterion, **chosen)
        return train_wasserstein(pair.x, pair.y, cfg, **common)[0]

    return train


SHORT = {
    "adversarial": {"epochs": 3, "map_steps": 300, "dimension": 256, "scale": 2.0},
    "self-learning": {"patience": 10},
    "wasserstein": {"initial_words": 500, "batch": 200, "steps": 100, "epochs": 3},
}
WARM = {
    "adversarial": {"epochs": 1, "map_steps": 1},
    "self-learning": {"patience": 1, "keep": 1.0},
    "wasserstein": {"epochs": 1, "steps": 1, "initial_steps": 1},
}

if __name__ == "__main__":
    main()

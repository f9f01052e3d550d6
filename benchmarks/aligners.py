"""Unsupervised aligners: restarts a minute, and P@1 of the restart that the criterion picks.

Without files, the spaces are a text-text control: Word2Vec of the news that gensim ships (60,000
words), trained twice with different seeds, by the settings of the scale `mini`, so that a good map
is known to exist. The aligners' are mini's too, but for the adversarial game, which is played four
times as long: as short as mini plays it, no restart of six finds this map. P@1 is by CSLS over the
words that both spaces hold, after refinement: "ceiling" is that of Procrustes on all true pairs,
"solved" the share of restarts that reach nine tenths of it. "batched" compares restarts side by
side with the same restarts one after another (1 where the method has no batched form).
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from gensim.test.utils import datapath
from table import compare, show

from crosstalk.alignment.adversarial import train_adversarial
from crosstalk.alignment.align import SpacePair, rotate_space, shared_words
from crosstalk.alignment.criterion import mean_cosine
from crosstalk.alignment.csls import nearest_csls
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.alignment.refinement import refine
from crosstalk.alignment.self_learning import train_self_learning
from crosstalk.alignment.wasserstein import train_wasserstein
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.word2vec import skip_gram
from crosstalk.params.loader import load_params
from crosstalk.params.models import ChungParams
from crosstalk.text.tokens import tokenize

PARAMS = Path(__file__).parents[1] / "params.yaml"
METHODS = ("adversarial", "self-learning", "wasserstein")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, help="a space (default: of gensim's news)")
    parser.add_argument("--target", type=Path, help="a space (default: --source, turned, noised)")
    parser.add_argument(
        "--noise", type=float, default=0.3, help="length of the noise on a vector of length 1"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--published", action="store_true", help="published settings, not mini's")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cfg = load_params(PARAMS, {"scale": "paper" if arguments.published else "mini"}).chung2018
    pair = load(arguments, cfg)
    rows = [measure(pair, method, arguments, cfg) for method in arguments.methods]
    columns = ("method", "restarts/min", "batched", "P@1", "ceiling", "solved")
    show(columns, rows)


def load(arguments, cfg: ChungParams) -> SpacePair:
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.source or Path(folder) / "source.safetensors"
        target = arguments.target or Path(folder) / "target.safetensors"
        if not arguments.source:
            news = Path(datapath("lee_background.cor")).read_text(encoding="latin-1")
            sentences = [tokenize(line, "en") for line in news.splitlines()]
            for number, path in enumerate([source, target][: 1 if arguments.target else 2]):
                skip_gram(sentences, cfg.word2vec, arguments.seed + 1000 * number).save(path)
        elif not arguments.target:
            space = Space.load(source).normalise(("unit",))
            generator = np.random.default_rng(arguments.seed)
            noise = generator.normal(size=space.vectors.shape) / space.dimension**0.5
            noised = space.vectors + arguments.noise * noise
            Space(space.words, space.counts, noised).save(target)
            rotate_space(seed=arguments.seed, space=target, rotated=target)
        return SpacePair(cfg.unsupervised, source, target)


def measure(pair: SpacePair, method: str, arguments, cfg: ChungParams) -> tuple:
    criterion, numbers = cfg.unsupervised.criterion, range(arguments.restarts)
    train = trainer(pair, method, arguments, cfg)
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
    refined = [refine(W, pair.x, pair.y, cfg.unsupervised.refinement, criterion)[0] for W in maps]
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
    if method != "self-learning":
        alone = speed / ratio
        compare(f"aligners, {method}", speed, "one by one", alone, "restarts/min", "torch")
    return method, speed, ratio, precision(best), ceiling, f"{solved}/{len(refined)}"


def trainer(pair: SpacePair, method: str, arguments, cfg: ChungParams):
    """Return a function that trains some restarts; ``warm`` is the shortest run there is."""
    game = cfg.unsupervised.adversarial
    if not arguments.published:
        game = game.model_copy(update={"epochs": 4 * game.epochs})
    settings = {
        "adversarial": game,
        "self-learning": cfg.self_learning,
        "wasserstein": cfg.wasserstein,
    }[method]

    def train(restarts, *, warm=False):
        chosen = settings.model_copy(update=WARM[method]) if warm else settings
        common = {"seed": arguments.seed, "restarts": list(restarts)}
        if method == "adversarial":
            criterion = cfg.unsupervised.criterion
            return train_adversarial([(pair.x, pair.y)], chosen, criterion, **common)[0][0]
        if method == "self-learning":
            return train_self_learning(pair.x, pair.y, chosen, **common)[0]
        return train_wasserstein(pair.x, pair.y, chosen, **common)[0]

    return train


WARM = {
    "adversarial": {"epochs": 1, "map_steps": 1},
    "self-learning": {"patience": 1, "keep": 1.0},
    "wasserstein": {"epochs": 1, "steps": 1, "initial_steps": 1},
}

if __name__ == "__main__":
    main()

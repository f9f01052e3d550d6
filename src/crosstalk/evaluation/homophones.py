"""The homophone test: does a space of spoken words hear, or does it read?

Chen (arXiv 2209.10791) asked it of the published Speech2Vec vectors: an encoder that is given
nothing but audio cannot tell "ate" from "eight", so their vectors must lie close together, unless
something else than audio made them.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import torch

from crosstalk.alignment.csls import top_cosine
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import write_items
from crosstalk.seeds import derive_seed
from crosstalk.speech.phonemes import phonemize
from crosstalk.stage import Input, Output

NEAR = 10
TABLE = "homophones"


def homophones(words: list[str], language: str) -> list[tuple[str, str]]:
    """Return all pairs of words that are said alike, by eSpeak NG's pronunciation."""
    sounds: dict[tuple[str, ...], list[str]] = {}
    for word, phones in zip(words, phonemize(words, language), strict=True):
        if phones:
            sounds.setdefault(tuple(phones), []).append(word)
    return [pair for alike in sounds.values() for pair in combinations(alike, 2)]


def score_homophones(
    *, language: str, seed: int, rows: list[str], spaces: list[Input], answers: Output
) -> None:
    """Ask for every pair of homophones whether one is among the other's ten nearest words.

    Beside them, as many random pairs of about the same frequencies: chance, and hubs. All spaces
    (rows) are asked about the words that all of them hold.

    Raises
    ------
    DataError
        The spaces share no homophones.

    """
    loaded = [Space.load(path) for path in spaces]
    common = [word for word in loaded[0].words if all(word in s.index for s in loaded)]
    alike = homophones(common, language)
    if not alike:
        raise DataError(f"{spaces[0]} holds no homophones: speak more text")
    unlike = _random_pairs(common, alike, seed)
    parts = []
    for row, space in zip(rows, loaded, strict=True):
        vectors = torch.from_numpy(space.vectors[[space.index[word] for word in common]])
        nearest = top_cosine(vectors, vectors, NEAR + 1)[1].tolist()
        place = {word: i for i, word in enumerate(common)}
        for column, pairs in (("homophones", alike), ("random pairs", unlike)):
            near = [
                place[a] in nearest[place[b]] or place[b] in nearest[place[a]] for a, b in pairs
            ]
            parts.append(
                pd.DataFrame(
                    {
                        "table": TABLE,
                        "row": row,
                        "column": column,
                        "seed": seed,
                        "cluster": [f"{a}/{b}" for a, b in pairs],
                        "correct": np.array(near, float),
                    }
                )
            )
    frame = pd.concat(parts, ignore_index=True)
    write_items(frame, answers)


def _random_pairs(
    words: list[str], pairs: list[tuple[str, str]], seed: int
) -> list[tuple[str, str]]:
    """For each pair, its first word with one of the twenty whose rank is nearest the second's."""
    generator = np.random.default_rng(derive_seed(seed, "random pairs"))
    place = {word: i for i, word in enumerate(words)}
    drawn = []
    for first, second in pairs:
        low = max(0, min(place[second] - NEAR, len(words) - 2 * NEAR))
        others = [w for w in words[low : low + 2 * NEAR] if w not in (first, second)]
        drawn.append((first, others[generator.integers(len(others))]))
    return drawn

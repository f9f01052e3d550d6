"""The ladder of controls: how well each kind of space is mapped, by each way of finding the map.

Every rung is a source space and a target space; what is asked are word types that the supervised
map was not fitted to, nearest by CSLS. The rungs differ in one thing at a time, so the step where
the scores fall says what alignment, or meaning, lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched
from pathlib import Path

import pandas as pd

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import write_items
from crosstalk.evaluation.retrieval import first_hits, nearest_words
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import Dictionary, read_pairs, right_words

SUCCESS = 0.5
"""Share of the supervised map's score from which an unsupervised restart counts as a success."""
LEAST = 5
"""Right answers below which none does: half of next to nothing is a word or two, or luck."""


def score_maps(
    *,
    rows: list[str],
    languages: list[str],
    seed: int,
    dictionary: Input,
    sources: list[Input],
    targets: list[Input],
    supervised: list[Input],
    unsupervised: list[Input],
    answers: list[Output],
) -> None:
    """Ask held-out words of every rung through every map, and count the restarts that succeed.

    One entry a rung, in parallel; ``languages`` are such as ``en-fr``, and ``unsupervised`` has as
    many maps of each rung, rung after rung. ``answers`` are items of the table ``ladder`` (one
    column a method; a word is right if its nearest target word is) and of ``success`` (one item a
    restart; see `SUCCESS` and `LEAST`).

    Raises
    ------
    DataError
        No held-out word of a rung has a right answer among the target words.

    """
    pairs = read_pairs(dictionary)
    maps = batched(unsupervised, len(unsupervised) // len(rows))
    for row, names, source, target, known, found, path in zip(
        rows, languages, sources, targets, supervised, maps, answers, strict=True
    ):
        here, there = Space.load(source), Space.load(target)
        gold = right_words(pairs, *names.split("-"), here.words)
        items = _rung(here, there, gold, known, found)
        write_items(items.assign(row=row, seed=seed), path)


def _rung(
    here: Space,
    there: Space,
    gold: Dictionary,
    supervised: Path,
    unsupervised: Sequence[Path],
) -> pd.DataFrame:
    """Return the items of one rung."""
    first = Mapping.load(supervised)
    learnt = set(first.facts["dictionary"])
    words = [w for w in here.words if w not in learnt and gold.get(w, set()) & there.index.keys()]
    if not words:
        raise DataError(f"{supervised} holds out no word that its text has an answer to")
    vectors = here.vectors[[here.index[word] for word in words]]

    def correct(mapping: Mapping) -> pd.Series:
        rows = nearest_words(vectors, mapping, there, k=1, metric="csls", source=here)
        return pd.Series(first_hits(rows, words, gold, there)[0] == 1, dtype=float)

    ceiling = correct(first)
    parts = [_items("ladder", "supervised", words, ceiling)]
    for path in unsupervised:
        mapping = Mapping.load(path)
        method = mapping.facts["method"]
        parts.append(_items("ladder", method, words, correct(mapping)))
        restarts = range(len(mapping.restarts))
        hits = pd.Series([correct(mapping.of_restart(r)).sum() for r in restarts])
        reached = hits >= max(SUCCESS * ceiling.sum(), LEAST)
        parts.append(
            _items("success", method, [f"restart {r}" for r in restarts], reached.astype(float))
        )
    return pd.concat(parts, ignore_index=True)


def _items(table: str, column: str, clusters: list[str], correct: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"table": table, "column": column, "cluster": clusters, "correct": correct.to_numpy()}
    )

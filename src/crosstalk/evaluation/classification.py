"""Spoken word classification (Chung et al. 2018, Table 3), and what its answers are counted by.

The paper does not say what happens to test tokens whose word the text space lacks, nor whether
tokens or types are counted. Table 3 here counts every test token and calls those wrong; the table
of readings shows what other readings would give.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.evaluation.items import ITEMS
from crosstalk.evaluation.retrieval import classify, precision
from crosstalk.speech.segments import Segments
from crosstalk.stage import Input, Output

TABLE, COLUMN = "table_3", "ENw-enw"
READINGS = "table_3_readings"


def classify_spoken_words(
    *,
    row: str,
    seed: int,
    vectors: str,
    tokens: Input,
    source: Input,
    target: Input,
    mapping: Input,
    answers: Output,
) -> None:
    """Ask the text space for the word of every test token.

    ``vectors`` says what stands for a token: ``tokens``, its own acoustic embedding, or ``types``,
    the vector that the source space has for its word (text controls have no tokens; a word that
    the source space lacks is then answered wrong).
    """
    spoken = SpokenTokens.load(tokens)
    fitted = Mapping.load(mapping)
    source_space, target_space = Space.load(source), Space.load(target)
    if vectors == "tokens":
        asked = classify(spoken.vectors, spoken.words, fitted, target_space, k=1)
    else:
        known = sorted(set(spoken.words) & set(source_space.words))
        vector = source_space.vectors[[source_space.index[word] for word in known]]
        by_word = classify(vector, known, fitted, target_space, k=1).set_index("word", drop=False)
        asked = by_word.reindex(spoken.words).reset_index(drop=True)
        asked["word"] = spoken.words
        asked["covered"] = [word in target_space.index for word in spoken.words]
        asked["rank"] = asked["rank"].fillna(0)
    learnt = set(fitted.facts.get("dictionary", ()))
    _write(answers, asked.assign(learnt=asked["word"].isin(learnt)), row, seed)


def answer_most_frequent(
    *, row: str, seed: int, segments: Input, target: Input, answers: Output
) -> None:
    """Answer every test token with the most frequent word of the spoken training messages."""
    corpus = Segments.load(segments)
    training, test = (
        [corpus.vocabulary[i] for i in corpus.select(split).word] for split in ("train", "test")
    )
    ((answer, _),) = Counter(training).most_common(1)
    known = Space.load(target).index
    frame = pd.DataFrame({"word": test, "rank": [int(word == answer) for word in test]})
    frame["covered"] = frame["word"].isin(known)
    _write(answers, frame.assign(learnt=False), row, seed)


def _write(path: Path, asked: pd.DataFrame, row: str, seed: int) -> None:
    """Write the items of Table 3 and of the table of readings."""
    wrong, dropped = (precision(asked, 1, missing=how) for how in ("wrong", "dropped"))
    held_out = dropped[~asked.loc[dropped.index, "learnt"]]
    per_type = dropped.groupby(asked.loc[dropped.index, "word"]).mean()
    words = asked["word"]
    parts = [
        _items(TABLE, COLUMN, words, wrong),
        _items(READINGS, "tokens, missing wrong", words, wrong),
        _items(READINGS, "tokens, missing dropped", words[dropped.index], dropped),
        _items(READINGS, "tokens, outside the dictionary", words[held_out.index], held_out),
        _items(READINGS, "types, missing dropped", per_type.index, per_type),
    ]
    frame = pd.concat(parts, ignore_index=True).assign(row=row, seed=seed)
    ITEMS.validate(frame[list(ITEMS.columns)]).to_parquet(path, index=False, compression="zstd")


def _items(
    table: str, column: str, words: pd.Series | pd.Index, correct: pd.Series
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": table,
            "column": column,
            "cluster": np.asarray(words, dtype=str),
            "correct": correct.to_numpy(float),
        }
    )

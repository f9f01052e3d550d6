"""One column of Tables 3, 5 and 6 of Chung et al. 2018: spoken tokens ask a text space for words.

Spoken word classification (the word itself is right), synonym retrieval (the word or a synonym)
and spoken word translation (any translation in the dictionary).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosstalk.alignment.mapping import Mapping
from crosstalk.corpora.parquet import read_columns
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.evaluation.answers import write_items
from crosstalk.evaluation.readings import READINGS, Answered, items
from crosstalk.evaluation.retrieval import first_hits, nearest_words
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import Dictionary, Pairs, read_pairs, synonyms, translations

PLACES = 5
NO_ROW = -1  # where there is no answer: right for no question
MAJORITY = "Major-Word"
CLASSIFIER = "Word Classifier"


@dataclass(frozen=True)
class Task:
    """A table, what it accepts, and how it is counted."""

    table: str
    gold: Dictionary
    """Right answers of each word that is asked about; other tokens are not asked."""
    reading: str
    precisions: tuple[int, ...]

    def column(self, column: str, k: int) -> str:
        return column if self.precisions == (1,) else f"{column} P@{k}"


def tasks(source: str, target: str, words: list[str], dictionary: Pairs) -> list[Task]:
    """Return the tasks of a pair of languages for speech of ``words``."""
    if source != target:
        gold = translations(dictionary, source, target)
        return [Task("table_6", gold, "tokens, missing dropped", (1, PLACES))]
    alike = {word: {word} | others for word, others in synonyms(dictionary, source).items()}
    return [
        Task("table_3", {word: {word} for word in words}, "tokens, missing wrong", (1,)),
        Task("table_5", alike, "tokens, missing dropped", (1, PLACES)),
    ]


def answer_column(
    *,
    column: str,
    source_language: str,
    target_language: str,
    seed: int,
    utterances: Input,
    dictionary: Input,
    target: Input,
    rows: list[str],
    vectors: list[str],
    tokens: list[Input],
    sources: list[Input],
    mappings: list[Input],
    answers: Output,
    words: Output,
) -> None:
    """Ask about every test token, for every system (row).

    ``rows``, ``vectors``, ``tokens``, ``sources`` and ``mappings`` run in parallel. ``vectors``
    says what stands for a token: ``tokens``, its own acoustic embedding, or ``types``, the vector
    that the source space has for its word (text controls have no tokens; a word that the source
    space lacks is then answered wrong). ``answers`` are the items of all tables; ``words`` holds
    the best `PLACES` words for every token and row.
    """
    corpus, space = Utterances.load(utterances), Space.load(target)
    pairs = read_pairs(dictionary)
    asked = SpokenTokens.load(tokens[0])
    table = tasks(source_language, target_language, corpus.vocabulary, pairs)
    parts, best = [], []
    for row, kind, token, source, fitted in zip(
        rows, vectors, tokens, sources, mappings, strict=True
    ):
        mapping = Mapping.load(fitted)
        nearest = _nearest(kind, SpokenTokens.load(token), Space.load(source), mapping, space)
        learnt = np.isin(asked.words, list(mapping.facts.get("dictionary", ())))
        for task in table:
            parts += _items(task, row, column, seed, asked.words, nearest, learnt, space)
        best.append(_named(row, seed, asked, nearest, space))
    for task in table:
        answer = _majority(task, corpus, space)
        nearest = np.tile(answer, (len(asked.words), 1))
        learnt = np.zeros(len(asked.words), bool)
        parts += _items(task, MAJORITY, column, seed, asked.words, nearest, learnt, space)
    frame = pd.concat(parts, ignore_index=True)
    write_items(frame, answers)
    pd.concat(best, ignore_index=True).to_parquet(words, index=False, compression="zstd")


def score_word_classifier(*, column: str, seed: int, predicted: Input, answers: Output) -> None:
    """Turn the supervised word classifier's answers into items of Table 3."""
    frame = read_columns(predicted, ("word", "answer"))
    asked = Answered(
        words=frame["word"].to_numpy(str),
        rank=(frame["word"] == frame["answer"]).to_numpy(int),
        covered=np.ones(len(frame), bool),
        learnt=np.ones(len(frame), bool),
    )
    where = {"table": "table_3", "row": CLASSIFIER, "column": column, "seed": seed}
    result = items(asked, reading="tokens, missing wrong", k=1, **where)
    write_items(result, answers)


def _nearest(
    kind: str, spoken: SpokenTokens, source: Space, mapping: Mapping, target: Space
) -> np.ndarray:
    """Rows of the best target words, int64 [n, k]; `NO_ROW` where nothing asks for them."""
    if kind == "tokens":
        return nearest_words(spoken.vectors, mapping, target, k=PLACES)
    known = sorted(set(spoken.words) & set(source.words))
    rows = nearest_words(
        source.vectors[[source.index[w] for w in known]], mapping, target, k=PLACES
    )
    place = {word: i for i, word in enumerate(known)}
    unknown = np.full(rows.shape[1], NO_ROW)
    return np.stack([rows[place[w]] if w in place else unknown for w in spoken.words])


def _items(
    task: Task,
    row: str,
    column: str,
    seed: int,
    words: list[str],
    nearest: np.ndarray,
    learnt: np.ndarray,
    space: Space,
) -> Iterator[pd.DataFrame]:
    """Items of the task's table under its own reading, and of its table of readings under all."""
    kept = np.isin(words, list(task.gold))
    names = np.array(words, str)[kept]
    rank, covered = first_hits(nearest[kept], names.tolist(), task.gold, space)
    asked = Answered(names, rank, covered, learnt[kept])
    where = {"row": row, "seed": seed}
    for k in task.precisions:
        name = task.column(column, k)
        yield items(asked, table=task.table, column=name, reading=task.reading, k=k, **where)
    for reading in READINGS:
        name = f"{column}, {reading}"
        yield items(
            asked, table=f"{task.table}_readings", column=name, reading=reading, k=1, **where
        )


def _majority(task: Task, corpus: Utterances, space: Space) -> np.ndarray:
    """Return the `PLACES` target words that are right for most training tokens, most first."""
    training = Counter(corpus.word[corpus.words_of("train")].tolist())
    right: dict[str, int] = defaultdict(int)
    for word, count in training.items():
        for answer in task.gold.get(corpus.vocabulary[word], ()):
            right[answer] += count
    best = sorted(right, key=lambda word: (-right[word], word))
    rows = [space.index[word] for word in best if word in space.index][:PLACES]
    return np.array(rows + [NO_ROW] * (PLACES - len(rows)))


def _named(
    row: str, seed: int, asked: SpokenTokens, nearest: np.ndarray, space: Space
) -> pd.DataFrame:
    """The best words of each token in words, in the order of speech."""
    frame = pd.DataFrame({"row": row, "seed": seed, "message": asked.messages, "word": asked.words})
    absent = ((0, 0), (0, PLACES - nearest.shape[1]))  # of a space of fewer words
    nearest = np.pad(nearest, absent, constant_values=NO_ROW)
    for place in range(PLACES):
        frame[f"answer_{place + 1}"] = [space.words[i] if i >= 0 else "" for i in nearest[:, place]]
    return frame

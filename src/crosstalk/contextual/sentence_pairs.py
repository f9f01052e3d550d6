"""Which sentence pairs of the paper's own bitext serve what.

As in Cao et al. 2020: of each language's pairs with English, in the corpus's order, the first are
there to test, the next to tune, those after them to train with; what the authors' script throws out
is thrown out. As everywhere in this house, what nearly repeats a pair that is asked about, in
English or in the pair's own language, is not trained on; the English of all languages counts, as a
speech in parliament has all their translations.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
import pandas as pd

from crosstalk.contextual.messages import ENGLISH, SELECTION, pretraining_text
from crosstalk.contextual.near_duplicates import near_duplicates
from crosstalk.corpora.messages import read_messages
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import SelectionParams
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import split_words

CHARACTERS = (100, 2000)
"""Both sides of a pair together are longer than the first and shorter than the second (the authors'
script)."""
_UNUSABLE = re.compile(r"[\\\u00ad=#\ufffd]|http|&[lg]t;")
"""What the authors' script drops pairs for; and the sign for an unreadable one: BERT drops it."""
_TAG = re.compile(r"\([A-Z]{2}\)")
"""The language in which a speaker spoke."""


class SentencePair(NamedTuple):
    message_id: str
    english: list[str]
    foreign: list[str]


def select_pairs(
    *,
    cfg: SelectionParams,
    pairs: int,
    corpora: list[Input],
    selection: Output,
    text: Output,
) -> None:
    """Split the sentence pairs of a bitext, and write the pretraining text (stage).

    Parameters
    ----------
    cfg
        What is kept; ``classes`` and ``train_messages`` say nothing here.
    pairs
        Training pairs of each language, at most.
    corpora
        Message tables of one language and English each, the languages as in ``cfg``.
    selection
        Parquet, `crosstalk.contextual.messages.SELECTION`, by language, split and place in the
        corpus. No two languages share a message.
    text
        Parquet, `crosstalk.contextual.tables.TEXT`: what an encoder that is not downloaded reads.

    Raises
    ------
    DataError
        A language has no pair of some split.

    """
    streams = {
        language: usable_pairs(read_messages(path), language, cfg.max_words)
        for language, path in zip(cfg.languages, corpora, strict=True)
    }
    chosen = pd.DataFrame(_rows(split_pairs(streams, cfg, pairs)), columns=list(SELECTION))
    for path, frame in ((selection, chosen), (text, pretraining_text(chosen, cfg))):
        frame.to_parquet(path, index=False, compression="zstd")


def usable_pairs(messages: pd.DataFrame, language: str, max_words: int) -> Iterator[SentencePair]:
    """Yield the pairs of a table that can be used, cleaned, in its order.

    ``messages`` are rows of `crosstalk.corpora.messages.COLUMNS`, of English and ``language``.
    """
    sides = [
        messages.loc[messages["language"] == code, ["message_id", "text"]]
        for code in (ENGLISH, language)
    ]
    shortest, longest = CHARACTERS
    for message, *raw in sides[0].merge(sides[1], on="message_id").itertuples(index=False):
        if any(map(_UNUSABLE.search, raw)) or not shortest < sum(map(len, raw)) < longest:
            continue
        texts = [_TAG.sub(" ", html.unescape(text)) for text in raw]
        words = [split_words(t, c) for t, c in zip(texts, (ENGLISH, language), strict=True)]
        if all(1 <= len(side) <= max_words for side in words):
            yield SentencePair(message, *words)


def split_pairs(
    streams: Mapping[str, Iterator[SentencePair]], cfg: SelectionParams, pairs: int
) -> dict[str, dict[str, list[SentencePair]]]:
    """Take the pairs of each split from the streams of each language; by language and split.

    Raises
    ------
    DataError
        A language is left without pairs of some split.

    """
    asked: dict[str, list[list[str]]] = defaultdict(list)  # sentences by language
    found: dict[str, dict[str, list[SentencePair]]] = {language: {} for language in streams}
    sizes = {"test": cfg.test_pairs, "dev": cfg.dev_pairs, "train": pairs}
    for split, most in sizes.items():
        for language, stream in streams.items():
            kept: list[SentencePair] = []
            while block := list(islice(stream, most - len(kept))):
                kept += _unlike(block, language, asked, cfg.near_duplicate)
            if not kept:
                raise DataError(f"no sentence pair in {language!r} is left for: {split}")
            found[language][split] = kept
        for language, splits in found.items():
            asked[ENGLISH] += [pair.english for pair in splits[split]]
            asked[language] += [pair.foreign for pair in splits[split]]
    return found


def _unlike(
    block: list[SentencePair], language: str, asked: Mapping[str, list[list[str]]], least: float
) -> list[SentencePair]:
    """Pairs that are near nothing ``asked`` in either language."""
    near = np.zeros(len(block), bool)
    for code, sentences in (
        (ENGLISH, [pair.english for pair in block]),
        (language, [pair.foreign for pair in block]),
    ):
        near |= near_duplicates(sentences, asked[code], least)
    return [pair for pair, dropped in zip(block, near, strict=True) if not dropped]


def _rows(found: Mapping[str, Mapping[str, list[SentencePair]]]) -> Iterator[tuple]:
    """Rows of `SELECTION`; a pair's domain says nothing."""
    for language, splits in found.items():
        for split, pairs in splits.items():
            for pair in pairs:
                yield pair.message_id, "", ENGLISH, pair.english, split
                yield pair.message_id, "", language, pair.foreign, split

"""Linked sentence pairs as subwords: where the vectors lie that belong together.

A link joins two words; a word is the place of one of its subwords. [CLS] and [SEP] can be linked
too, as in Cao et al. 2020's script: they then follow the words of each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crosstalk.contextual.ragged import Ragged
from crosstalk.contextual.tables import PAIRS
from crosstalk.contextual.tokeniser import Subwords, WordPieces
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.contextual import Subword


@dataclass(frozen=True, eq=False)
class Bitext:
    """P sentence pairs of English and other languages."""

    languages: tuple[str, ...]
    """The other languages."""
    language: Tensor
    """int64 [P]: which of them each pair is of."""
    english: Subwords
    """Distinct English sentences."""
    sentence: Tensor
    """int64 [P]: the English sentence of each pair."""
    foreign: Subwords
    """The other one, P of them."""
    english_links: Ragged
    """Places of the linked subwords in their English sentence, a row a pair."""
    foreign_links: Ragged
    """And in their foreign one: the n-th value here belongs to the n-th value there."""

    def pairs_of(self, language: str) -> Tensor:
        """Pairs of a language, int64."""
        return (self.language == self.languages.index(language)).nonzero()[:, 0]

    def linked_rows(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of linked subwords among all foreign ones, and all English ones; each int64 [K]."""
        foreign, owner = self.foreign_links.take(pairs)
        english, _ = self.english_links.take(pairs)
        starts = [torch.from_numpy(side.offsets) for side in (self.foreign, self.english)]
        pair = pairs[owner]
        return starts[0][pair] + foreign, starts[1][self.sentence[pair]] + english


def read_bitext(
    path: Path,
    pieces: WordPieces,
    *,
    words: bool = True,
    ends: bool = False,
    subword: Subword = "last",
    pairs: int | None = None,
    max_words: int | None = None,
) -> Bitext:
    """Read a table of pairs (`crosstalk.contextual.tables.PAIRS`).

    Parameters
    ----------
    words, ends
        Whether links between words are kept, and whether [CLS] and [SEP] are linked.
    subword
        Which subword of a word is meant.
    pairs
        Pairs of each language that are kept at most: those of messages that most languages have
        come first (English is encoded once for all of them), then the first of the table.
    max_words
        Pairs with more words on a side are skipped.

    Raises
    ------
    DataError
        If no pair is left, links do not fit their words, or nothing is left of a word.

    """
    table = first_pairs(read_columns(path, PAIRS), pairs, max_words)
    if table.empty:
        raise DataError(f"{path} has no sentence pair, or only longer ones than max_words allows")
    sentence, _ = pd.factorize(table["message_id"])
    language, languages = pd.factorize(table["language"])
    english = pieces.cut(table["english"][~table["message_id"].duplicated()].tolist())
    foreign = pieces.cut(table["foreign"].tolist())
    linked = [
        _links(path, table[column], side, rows, words=words, ends=ends, subword=subword)
        for column, side, rows in (
            ("english_links", english, sentence),
            ("foreign_links", foreign, np.arange(len(table))),
        )
    ]
    if not torch.equal(linked[0].offsets, linked[1].offsets):
        raise DataError(f"{path}: a pair has more links on one side: link the words again")
    return Bitext(
        tuple(map(str, languages)),
        torch.from_numpy(language),
        english,
        torch.from_numpy(sentence),
        foreign,
        *linked,
    )


def first_pairs(table: pd.DataFrame, pairs: int | None, max_words: int | None) -> pd.DataFrame:
    """Keep the rows that `read_bitext` reads of a table; None keeps all."""
    if max_words is not None:
        longest = np.maximum(table["english"].str.len(), table["foreign"].str.len())
        table = table[longest <= max_words]
    if pairs is not None:
        languages = table.groupby("message_id")["language"].transform("size")
        first = languages.sort_values(ascending=False, kind="stable").index
        kept = table.loc[first].groupby("language").head(pairs).index
        table = table.loc[table.index.isin(kept)]
    return table


def pairs_used(path: Path, pairs: Sequence[int], max_words: int) -> list[int]:
    """Most pairs of a language that `read_bitext` reads of a table, for each of several limits."""
    counts = first_pairs(read_columns(path, PAIRS), None, max_words)["language"].value_counts()
    return [min(limit, int(counts.max())) for limit in pairs]


def word_places(side: Subwords, *, subword: Subword = "last", ends: bool = False) -> Ragged:
    """Where the words of each sentence lie, and its [CLS] and [SEP] after them if asked for."""
    places = side.last if subword == "last" else side.first
    row = np.repeat(np.arange(len(side)), np.diff(side.word_offsets))
    return _with_ends(places, row, side.lengths) if ends else _ragged(places, row, len(side))


def _links(
    path: Path,
    links: pd.Series,
    side: Subwords,
    sentence: np.ndarray,
    *,
    words: bool,
    ends: bool,
    subword: Subword,
) -> Ragged:
    counts = links.str.len().to_numpy(np.int64) * words
    pair = np.repeat(np.arange(len(links)), counts)
    position = np.concatenate([*links, np.zeros(0)]).astype(np.int64)[: len(pair)]
    size = np.diff(side.word_offsets)[sentence]
    if ((position < 0) | (position >= size[pair])).any():
        raise DataError(f"{path}: {links.name} point beyond a message: link the words again")
    places = side.last if subword == "last" else side.first
    linked = places[side.word_offsets[sentence[pair]] + position]
    if ends:
        return _with_ends(linked, pair, side.lengths[sentence])
    return _ragged(linked, pair, len(links))


def _with_ends(places: np.ndarray, row: np.ndarray, lengths: np.ndarray) -> Ragged:
    """Append the places of [CLS] and [SEP] to each row."""
    ends = np.stack([np.zeros_like(lengths), lengths - 1], 1).ravel()
    owner = np.concatenate([row, np.repeat(np.arange(len(lengths)), 2)])
    order = owner.argsort(kind="stable")
    return _ragged(np.concatenate([places, ends])[order], owner[order], len(lengths))


def _ragged(values: np.ndarray, row: np.ndarray, rows: int) -> Ragged:
    offsets = np.concatenate([[0], np.bincount(row, minlength=rows).cumsum()])
    return Ragged(torch.from_numpy(values.astype(np.int64)), torch.from_numpy(offsets))

"""Sentence pairs with linked words, and what is to be known about each test link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np
import pandas as pd

from crosstalk.contextual.fast_align import align_both_ways
from crosstalk.contextual.messages import ENGLISH, SELECTION
from crosstalk.contextual.tables import PAIRS
from crosstalk.contextual.word_classes import frequency_ranks, kind_of
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import FastAlignParams, SelectionParams
from crosstalk.progress import progress
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.stage import Input, Output

QUERIES = ("language", "query", "message_id", "english", "foreign", "kind", "seen", "rank_gap")
"""A test link: ``query`` counts the links of a language from 0, in the order of the pairs;
``english`` and ``foreign`` are its words; ``kind`` is of `crosstalk.contextual.word_classes`;
``seen`` tells whether some training pair links these two words, without case; ``rank_gap`` is the
difference of the words' frequency ranks, each in the training messages of its language (a word
that is not among them comes after all that are)."""


def link_words(
    *,
    cfg: FastAlignParams,
    selected: SelectionParams,
    selection: Input,
    train: Output,
    dev: Output,
    test: Output,
    queries: Output,
    measures: Output,
) -> None:
    """Link the words of English and each other language (stage).

    ``selection`` is what `crosstalk.contextual.messages.select_messages` wrote. ``train``, ``dev``
    and ``test`` are Parquet tables of `crosstalk.contextual.tables.PAIRS`, ``queries`` one of
    `QUERIES`; ``measures`` are metrics of the table ``bitext``. The aligner is fitted on the pairs
    of all splits together, as the paper's was.

    Raises
    ------
    DataError
        No test link is left in some language.

    """
    table = read_columns(selection, SELECTION)
    pairs = linked_pairs(table, cfg, selected)
    for split, path in (("train", train), ("dev", dev), ("test", test)):
        part = pairs[pairs["split"] == split]
        part[list(PAIRS)].to_parquet(path, index=False, compression="zstd")
    asked = describe_queries(pairs, table)
    if missing := set(selected.languages) - set(asked["language"]):
        raise DataError(f"no test word is linked in {' '.join(sorted(missing))}: keep more to test")
    asked.to_parquet(queries, index=False, compression="zstd")
    rows = METRICS.validate(pd.DataFrame(describe_pairs(pairs, asked)))
    rows.to_csv(measures, index=False, float_format="%.4f")


def linked_pairs(
    selection: pd.DataFrame, cfg: FastAlignParams, selected: SelectionParams
) -> pd.DataFrame:
    """Return rows of `PAIRS` and ``split``, by language, otherwise in the order of ``selection``.

    Pairs without a link are left out. Test and development pairs are of the first messages that
    have most languages, so all languages are asked about the same messages where there are such:
    those of programs have every language, sentence pairs of Europarl one and English.
    """
    sizes = selection.groupby("message_id")["language"].transform("nunique")
    widest = selection[sizes == sizes.max()]
    held = [
        widest[widest["split"] == split].groupby("language").head(most)
        for split, most in (("dev", selected.dev_pairs), ("test", selected.test_pairs))
    ]
    kept = (selection["split"] == "train") | selection.index.isin(pd.concat(held).index)
    english = selection[selection["language"] == ENGLISH].set_index("message_id")["words"]
    parts = []
    for language in progress(selected.languages, label="word links", unit="language"):
        foreign = selection[selection["language"] == language]
        here = english.loc[foreign["message_id"]].to_list()
        links = align_both_ways(here, foreign["words"].to_list(), cfg)
        part = foreign.rename(columns={"words": "foreign"}).assign(
            english=here,
            english_links=[pair[:, 0].astype(np.int32) for pair in links],
            foreign_links=[pair[:, 1].astype(np.int32) for pair in links],
        )
        parts.append(part[kept.loc[part.index] & (part["english_links"].str.len() > 0)])
    return pd.concat(parts, ignore_index=True)[[*PAIRS, "split"]]


def describe_queries(pairs: pd.DataFrame, selection: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `QUERIES` for the test pairs."""
    train = selection[selection["split"] == "train"]
    ranks = {
        language: frequency_ranks(chain.from_iterable(words))
        for language, words in train.groupby("language")["words"]
    }
    tables = []
    for language, rows in pairs.groupby("language", sort=False):
        known = {
            (english.casefold(), foreign.casefold())
            for _, english, foreign in _links(rows[rows["split"] == "train"])
        }
        asked = list(_links(rows[rows["split"] == "test"]))
        here, there = ranks[ENGLISH], ranks[language]
        tables.append(
            pd.DataFrame(
                {
                    "language": language,
                    "query": np.arange(len(asked), dtype=np.int32),
                    "message_id": [message for message, _, _ in asked],
                    "english": [english for _, english, _ in asked],
                    "foreign": [foreign for _, _, foreign in asked],
                    "kind": [kind_of(english, foreign) for _, english, foreign in asked],
                    "seen": [(e.casefold(), f.casefold()) in known for _, e, f in asked],
                    "rank_gap": [abs(_rank(here, e) - _rank(there, f)) for _, e, f in asked],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)[list(QUERIES)]


def describe_pairs(pairs: pd.DataFrame, queries: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield metrics of the table ``bitext``: how much each language has, and how much is linked."""
    for language, rows in pairs.groupby("language", sort=False):
        train = rows[rows["split"] == "train"]
        asked = queries[queries["language"] == language]
        for column, value, unit in (
            ("training pairs", len(train), ""),
            ("English words", train["english"].str.len().sum(), ""),
            ("linked", _percent(train["english_links"], train["english"]), "%"),
            ("test links", len(asked), ""),
            ("never linked in training", 100 * (1 - asked["seen"].mean()), "%"),
        ):
            where = {"table": "bitext", "row": language, "column": column, "seed": ALL}
            span = dict.fromkeys(("value", "ci_low", "ci_high"), float(value))
            yield where | span | {"n": 1, "seeds": 1, "unit": unit}


def _percent(links: pd.Series, words: pd.Series) -> float:
    return 100 * links.str.len().sum() / words.str.len().sum()


def _links(pairs: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield message, English word and foreign word of each link."""
    for row in pairs.itertuples():
        for one, other in zip(row.english_links, row.foreign_links, strict=True):
            yield row.message_id, row.english[one], row.foreign[other]


def _rank(ranks: Mapping[str, int], word: str) -> int:
    return ranks.get(word.casefold(), len(ranks) + 1)

"""Which message serves what: pretraining text, sentence pairs, queries, and a task to transfer.

The corpora are parallel, so the room is easily cheated. Three rules keep it honest:

- A message has one split in every language, decided by its English wording, and one of two
  messages of the same English wording is dropped.
- A training message that nearly repeats a development or test message, in any language, is dropped
  in all of them; so is a development message that nearly repeats a test message.
- Pretraining sees each training message in one language alone, so nothing it reads is parallel.
"""

from __future__ import annotations

import hashlib
import re
from itertools import groupby

import numpy as np
import pandas as pd

from crosstalk.contextual.near_duplicates import near_duplicates
from crosstalk.contextual.tables import MESSAGES, TEXT
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import normalise, split_of
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import SelectionParams
from crosstalk.params.splits import SplitParams
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import split_words

SELECTION = ("message_id", "domain", "language", "words", "split")
"""A message in one language; ``words`` is a list of strings."""
ENGLISH = "en"
ANY_DOMAIN = ""
"""The domain of a message that several domains have."""

# Programs and their file formats are called alike in every language, which would give the class
# away without anything being understood.
_NAMES = re.compile(
    r"evolution|gimp|xcf|gnu\s?cash|inkscape|libre\s?office|open\s?office|\bcalc\b|\bwriter\b"
    r"|евол|гимп|инкскейп|γκιμπ",
    re.IGNORECASE,
)


def select_messages(
    *,
    cfg: SelectionParams,
    splits: SplitParams,
    corpora: list[Input],
    selection: Output,
    text: Output,
    messages: Output,
) -> None:
    """Write the split messages, the pretraining text and the task to transfer (stage).

    Parameters
    ----------
    cfg, splits
        What is kept, and how much of it to tune and test with.
    corpora
        Message tables of several corpora.
    selection
        Parquet, `SELECTION`, by message and language.
    text
        Parquet, `crosstalk.contextual.tables.TEXT`.
    messages
        Parquet, `crosstalk.contextual.tables.MESSAGES`.

    Raises
    ------
    DataError
        A language or a class has no message to train or test with.

    """
    found = pd.concat([read_messages(path) for path in corpora], ignore_index=True)
    chosen = split_messages(found, cfg, splits)
    for path, frame in (
        (selection, chosen),
        (text, pretraining_text(chosen, cfg)),
        (messages, task_messages(chosen, cfg)),
    ):
        frame.to_parquet(path, index=False, compression="zstd")


def split_messages(
    messages: pd.DataFrame, cfg: SelectionParams, splits: SplitParams
) -> pd.DataFrame:
    """Return rows of `SELECTION`: every message that may be used, by the first two rules.

    ``messages`` are rows of `crosstalk.corpora.messages.COLUMNS`. Every message has English and
    one language more at least.

    Raises
    ------
    DataError
        A language is left without messages of some split.

    """
    table = messages[messages["language"].isin([ENGLISH, *cfg.languages])].copy()
    table["words"] = [
        split_words(text, language)
        for text, language in zip(table["text"].to_list(), table["language"].to_list(), strict=True)
    ]
    table = table[table["words"].str.len().between(1, cfg.max_words)]
    table = one_of_each_wording(table)
    table["split"] = [split_of(fold, cfg=splits) for fold in table["fold"]]
    for kept, others in (("dev", ("test",)), ("train", ("dev", "test"))):
        table = _without_near_duplicates(table, kept, others, cfg.near_duplicate)
    for language in cfg.languages:
        of_language = set(table.loc[table["language"] == language, "split"])
        if missing := {"train", "dev", "test"} - of_language:
            raise DataError(f"no message in {language!r} is left for: {' '.join(sorted(missing))}")
    order = [shuffled(message) for message in table["message_id"]]
    table = table.assign(order=order).sort_values(["order", "language"], ignore_index=True)
    return table[list(SELECTION)]


def pretraining_text(selection: pd.DataFrame, cfg: SelectionParams) -> pd.DataFrame:
    """Return rows of `TEXT`: training messages, each in one language alone (the third rule).

    A message goes to the language that has it and has read the fewest words so far, so that all
    languages read about as much. With ``pretraining = all`` every language reads every message.
    """
    train = selection[selection["split"] == "train"]
    if cfg.pretraining == "disjoint":
        read = dict.fromkeys([ENGLISH, *cfg.languages], 0)
        chosen = []
        for _, rows in groupby(train.itertuples(), key=lambda row: row.message_id):
            row = min(rows, key=lambda row: (read[row.language], row.language))
            read[row.language] += len(row.words)
            chosen.append(row.Index)
        train = train.loc[chosen]
    return train[list(TEXT)].reset_index(drop=True)


def task_messages(selection: pd.DataFrame, cfg: SelectionParams) -> pd.DataFrame:
    """Return rows of `MESSAGES`: which program says it, as often of each in every split.

    Left out are messages that several programs have or that name a program. Development and test
    messages have all languages; training messages have English, and the other languages as far as
    they are translated.

    Raises
    ------
    DataError
        A class has no message of some split.

    """
    table = selection[selection["domain"].isin(cfg.classes)].rename(columns={"domain": "label"})
    named = table["words"].map(lambda words: bool(_NAMES.search(" ".join(words))))
    table = table[~table["message_id"].isin(table.loc[named, "message_id"])]
    complete = table.groupby("message_id")["language"].transform("nunique")
    table = table[(table["split"] == "train") | (complete == 1 + len(cfg.languages))]
    english = table[table["language"] == ENGLISH]
    kept: set[str] = set()
    for split, rows in english.groupby("split"):
        sizes = rows["label"].value_counts().reindex(list(cfg.classes), fill_value=0)
        if not sizes.min():
            raise DataError(f"no {split} message of class {sizes.idxmin()!r} is left: leave it out")
        most = min(sizes.min(), cfg.train_messages) if split == "train" else sizes.min()
        kept |= set(rows.groupby("label")["message_id"].head(most))
    table = table[table["message_id"].isin(kept)]
    return table[list(MESSAGES)].reset_index(drop=True)


def one_of_each_wording(table: pd.DataFrame) -> pd.DataFrame:
    """Of messages with the same English letters keep the one with most translations."""
    english = table.loc[table["language"] == ENGLISH, ["message_id", "text", "domain"]]
    sizes = table["message_id"].value_counts()
    english = english.assign(
        wording=english["text"].map(normalise), translations=english["message_id"].map(sizes)
    )
    english = english[english["translations"] > 1]
    domains = english.groupby("wording")["domain"].transform("nunique")
    english["domain"] = english["domain"].where(domains == 1, ANY_DOMAIN)
    english = english.sort_values(["translations", "message_id"], ascending=[False, True])
    english = english.drop_duplicates("wording").set_index("message_id")
    kept = table[table["message_id"].isin(english.index)]
    return kept.assign(domain=kept["message_id"].map(english["domain"]))


def shuffled(message_id: str) -> str:
    """Return a key that puts messages in an order which has nothing to do with what they say."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def _without_near_duplicates(
    table: pd.DataFrame, split: str, others: tuple[str, ...], least: float
) -> pd.DataFrame:
    """Drop messages of ``split`` that are near any of the ``others`` in some language."""
    dropped: set[str] = set()
    for _, rows in table.groupby("language"):
        mine, held = rows[rows["split"] == split], rows[rows["split"].isin(others)]
        near = near_duplicates(mine["words"].to_list(), held["words"].to_list(), least)
        dropped |= set(mine.loc[np.asarray(near), "message_id"])
    return table[~table["message_id"].isin(dropped)]

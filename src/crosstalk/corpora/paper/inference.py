"""Natural language inference: XNLI 1.0, its machine-translated training data, MultiNLI 1.0."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd
import pandera.pandas as pa

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.schemas import write_checked
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.stage import Input, Output

LABELS = ("contradiction", "entailment", "neutral")
COLUMNS = ("language", "message_id", "premise", "hypothesis", "label", "split")

_TEXT = pa.Check(lambda s: s.str.len() > 0, name="not empty")
INFERENCE = pa.DataFrameSchema(
    {
        "language": pa.Column(str, pa.Check.str_matches(r"^[a-z]{2}$")),
        "message_id": pa.Column(str, _TEXT),
        "premise": pa.Column(str, _TEXT),
        "hypothesis": pa.Column(str, _TEXT),
        "label": pa.Column(str, pa.Check.isin(LABELS)),
        "split": pa.Column(str, pa.Check.isin(("train", "dev", "test"))),
    },
    unique=["message_id", "language"],
    strict=True,
    ordered=True,
)
"""Pairs of sentences to classify. ``message_id`` is shared by all translations of a pair."""


class Pair(NamedTuple):
    language: str
    message_id: str
    premise: str
    hypothesis: str
    label: str
    split: str


def prepare_inference(*, cfg: Part, source: str, archives: list[Input], pairs: Output) -> None:
    """Write the labelled pairs of one of the three corpora, by split, pair and language (stage).

    Splits are the official ones: XNLI has dev and test, XNLI-MT train alone. MultiNLI has train
    and, as dev, its matched development set. Pairs without a gold label or with an empty side are
    left out.

    Raises
    ------
    DataError
        The archive holds no such pairs, or a file has another form.

    """
    del cfg  # one part holds all languages
    rows: list[Pair] = []
    for archive in archives:
        for name, data in iter_files(archive, lambda name: _reader(name) is not None):
            try:
                rows += _reader(name)(name, data)
            except (KeyError, ValueError, TypeError) as error:
                raise DataError(
                    f"{name} is not of a form of {source} that is known ({error!r}): fetch its "
                    "archive again"
                ) from error
    whole = [row for row in rows if row.label in LABELS and row.premise and row.hypothesis]
    if not whole:
        raise DataError(f"the archives of {source} hold no labelled pair: fetch them again")
    table = pd.DataFrame(whole, columns=list(COLUMNS))
    table = table.sort_values(["split", "message_id", "language"], ignore_index=True)
    write_checked(table, INFERENCE, pairs)


def read_xnli(name: str, data: bytes) -> Iterator[Pair]:
    """Read ``xnli.{dev,test}.tsv``: columns by name, all languages in one file."""
    split = name.rpartition("xnli.")[2].removesuffix(".tsv")
    for row in _table(data):
        identity = f"{split}/{int(row['pairID']):05d}"
        texts = (row["sentence1"].strip(), row["sentence2"].strip())
        yield Pair(row["language"], identity, *texts, row["gold_label"], split)


def read_translated(name: str, data: bytes) -> Iterator[Pair]:
    """Read ``multinli.train.xx.tsv``: premise, hypothesis, label; line n is the same pair."""
    language = name.split(".")[-2]
    for number, row in enumerate(_table(data)):
        label = row["label"].replace("contradictory", "contradiction")
        texts = (row["premise"].strip(), row["hypo"].strip())
        yield Pair(language, f"train/{number:06d}", *texts, label, "train")


def read_multinli(name: str, data: bytes) -> Iterator[Pair]:
    """Read ``multinli_1.0_{train,dev_matched}.jsonl``."""
    split = "train" if "_train" in name else "dev"
    for line in data.decode().removesuffix("\n").split("\n"):
        row = json.loads(line)
        texts = (row["sentence1"].strip(), row["sentence2"].strip())
        yield Pair("en", f"{split}/{row['pairID']}", *texts, row["gold_label"], split)


type _Reader = Callable[[str, bytes], Iterator[Pair]]

_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(r"(?:.*/)?xnli\.(?:dev|test)\.tsv"), read_xnli),
    (re.compile(r"(?:.*/)?multinli\.train\.[a-z]{2}\.tsv"), read_translated),
    (re.compile(r"(?:.*/)?multinli_1\.0_(?:train|dev_matched)\.jsonl"), read_multinli),
)


def _reader(name: str) -> _Reader | None:
    if "__MACOSX/" in name:  # copies of metadata, which bear the files' names
        return None
    return next((read for pattern, read in _READERS if pattern.fullmatch(name)), None)


def _table(data: bytes) -> csv.DictReader:
    """Tab-separated values by column name; quotes are part of the text."""
    text = io.StringIO(data.decode(), newline="\n")
    return csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)

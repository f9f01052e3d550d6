"""What every corpus holds, counted from the prepared manifests and tables themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from crosstalk.corpora.manifest_lines import manifest_lines
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.registry import Registry, load_registry
from crosstalk.errors import DataError
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import COLUMNS as DICTIONARY
from crosstalk.text.links import GOLD_LINKS
from crosstalk.text.tokens import tokenize

COLUMNS = [
    "source",
    "kind",
    "language",
    "hours",
    "utterances",
    "speakers",
    "words",
    "vocabulary",
    "rejected",
    "licence",
]

_FIELDS = ("language", "text", "duration", "speaker")


@dataclass
class _Speech:
    """What is counted of one language of a speech corpus."""

    seconds: float = 0.0
    utterances: int = 0
    speakers: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)


def describe_corpora(
    *,
    registry: Input,
    supervisions: list[Input],
    rejected: list[Input],
    messages: list[Input],
    dictionaries: list[Input],
    links: list[Input],
    corpora: Output,
) -> None:
    """Write one row a source, kind and language as CSV (stage).

    A speech corpus and its rejected recordings are known by the name of the folder they lie in.
    Words are tokens of the transcripts or messages, for a dictionary its pairs of words, whose
    vocabulary is that of its source words; the language of a dictionary is its pair. Words linked
    by hand are counted on the English side. A cell that does not apply is empty.

    Raises
    ------
    DataError
        A manifest or table is damaged.
    ParameterError
        A source that is not in the registry.

    """
    known = load_registry(registry)
    lost = {path.parent.name: _rejected(path) for path in rejected}
    rows: list[dict[str, object]] = []
    for path in progress(supervisions, label="speech", unit="corpus"):
        rows += _speech_rows(path, lost)
    for path in progress(messages, label="text", unit="corpus"):
        rows += _text_rows(path)
    for path in dictionaries:
        rows += _dictionary_rows(path)
    for path in links:
        rows.append(_links_row(path))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["licence"] = [_licence(known, source) for source in table["source"]]
    table["hours"] = table["hours"].astype("float64").round(4)
    for column in ("utterances", "speakers", "words", "vocabulary", "rejected"):
        table[column] = table[column].astype("Int64")
    table.sort_values(["kind", "source", "language"]).to_csv(
        corpora, index=False, lineterminator="\n"
    )


def _licence(registry: Registry, source: str) -> str:
    return registry.source(source).licence


def _speech_rows(path: Path, rejected: dict[str, dict[str, int]]) -> Iterator[dict[str, object]]:
    source = path.parent.name
    counts: defaultdict[str, _Speech] = defaultdict(_Speech)
    for line in _supervisions(path):
        count = counts[line["language"]]
        count.seconds += line["duration"]
        count.utterances += 1
        count.words += tokenize(line["text"], line["language"])
        if line["speaker"]:
            count.speakers.add(line["speaker"])
    lost = rejected.get(source, {})
    for language in sorted(counts.keys() | lost.keys()):
        count = counts[language]
        yield {
            "source": source,
            "kind": "speech",
            "language": language,
            "hours": count.seconds / 3600,
            "utterances": count.utterances,
            "speakers": len(count.speakers) or None,
            **_words(count.words),
            "rejected": lost.get(language, 0) if source in rejected else None,
        }


def _text_rows(path: Path) -> Iterator[dict[str, object]]:
    for (source, language), texts in read_messages(path).groupby(["source", "language"])["text"]:
        words = (word for text in texts for word in tokenize(text, language))
        yield {"source": source, "kind": "text", "language": language, **_words(words)}


def _dictionary_rows(path: Path) -> Iterator[dict[str, object]]:
    pairs = read_columns(path, DICTIONARY).groupby(["source_language", "target_language"])
    for (source, target), words in pairs["source_word"]:
        yield {
            "source": path.parent.name,
            "kind": "dictionary",
            "language": f"{source}-{target}",
            **_words(words),
        }


def _links_row(path: Path) -> dict[str, object]:
    verses = read_columns(path, GOLD_LINKS)["english"]
    words = (word.lower() for verse in verses for word in verse)
    return {"source": path.parent.name, "kind": "links", "language": "en", **_words(words)}


def _words(words: Iterable[str]) -> dict[str, int]:
    counted = list(words)
    return {"words": len(counted), "vocabulary": len(set(counted))}


def _supervisions(path: Path) -> list[dict]:
    with manifest_lines(path) as segments:
        return [
            {key: segment.get(key) if key == "speaker" else segment[key] for key in _FIELDS}
            for segment in segments
        ]


def _rejected(path: Path) -> dict[str, int]:
    """Count the rejected recordings of each language."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table["language"].value_counts().to_dict()
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} is not a list of rejected recordings: {error!r}") from error

"""Counts of every corpus, compared with counts by hand."""

import gzip
import json

import pandas as pd
import pytest

from crosstalk.corpora.describe import COLUMNS, describe_corpora
from crosstalk.corpora.freedict import COLUMNS as PAIR
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_gold_links, write_messages
from crosstalk.errors import DataError, ParameterError

REGISTRY = """
sources:
  {}: {{title: T, kind: speech, home: "https://example.org", licence: MIT, citation: C, archives:
    [{{name: {}.archive, bytes: 1, origins: [{{url: "https://example.org/x", sha256: "{}"}}]}}]}}
"""
SEGMENTS = [
    {"duration": 1800.0, "language": "fr", "text": "L'homme rit.", "speaker": "a"},
    {"duration": 900.0, "language": "fr", "text": "l'homme 3", "speaker": "b"},
    {"duration": 3600.0, "language": "en", "text": "Yes", "speaker": None},
]


@pytest.fixture
def prepared(tmp_path):
    first, *rest = (REGISTRY.format(s, s, "0" * 64) for s in ("stamps", "verses", "pairs", "hand"))
    (tmp_path / "registry").write_text(first + "".join(r.split("sources:\n")[1] for r in rest))
    for folder in ("stamps", "verses", "pairs", "hand"):
        (tmp_path / folder).mkdir()
    with gzip.open(tmp_path / "stamps/supervisions.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(segment) + "\n" for segment in SEGMENTS)
    (tmp_path / "stamps/rejected.csv").write_text("id,language,reason\nx,fr,silent\ny,ca,short\n")
    texts = [("1", "en", "The end"), ("1", "ru", "Конец"), ("2", "en", "the other end")]
    table = message_table(
        "verses",
        [Message(i, "d", lang, t, t) for i, lang, t in texts if i == "2"]
        + [Message("1", "d", lang, t, "The end") for i, lang, t in texts if i == "1"],
    )
    write_messages(table, tmp_path / "verses/messages.parquet")
    rows = [("de", "en", "haus", "home"), ("de", "en", "haus", "house")]
    pd.DataFrame(rows, columns=list(PAIR)).to_parquet(tmp_path / "pairs/dictionary.parquet")
    verse = {
        "verse": "1",
        "english": ["In", "in"],
        "foreign": ["ἐν"],
        "sure": "0-0",
        "possible": "0-0",
    }
    write_gold_links(pd.DataFrame([verse]), tmp_path / "hand/links.parquet")
    return tmp_path


def describe(folder):
    describe_corpora(
        registry=folder / "registry",
        supervisions=[folder / "stamps/supervisions.jsonl.gz"],
        rejected=[folder / "stamps/rejected.csv"],
        messages=[folder / "verses/messages.parquet"],
        dictionaries=[folder / "pairs/dictionary.parquet"],
        links=[folder / "hand/links.parquet"],
        corpora=folder / "corpora.csv",
    )
    return (folder / "corpora.csv").read_text()


def test_counts(prepared):
    header, *rows = describe(prepared).splitlines()
    assert header == ",".join(COLUMNS)
    assert rows == [
        "pairs,dictionary,de-en,,,,2,1,,MIT",
        "hand,links,en,,,,2,1,,MIT",
        "stamps,speech,ca,0.0,0,,0,0,1,MIT",
        "stamps,speech,en,1.0,1,,1,1,0,MIT",
        "stamps,speech,fr,0.75,2,2,5,3,1,MIT",  # l' homme rit; l' homme
        "verses,text,en,,,,5,3,,MIT",
        "verses,text,ru,,,,1,1,,MIT",
    ]


def test_a_source_without_licence_is_refused(prepared):
    (prepared / "registry").write_text(REGISTRY.format("stamps", "stamps", "0" * 64))
    with pytest.raises(ParameterError, match="'verses' is not a source"):
        describe(prepared)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        gzip.compress(b'{"duration": 1}\n', mtime=0),
        gzip.compress(b"{}" * 99, mtime=0)[:-9],
        b"text",
    ],
)
def test_a_damaged_manifest_is_named(prepared, content):
    path = prepared / "stamps/supervisions.jsonl.gz"
    path.write_bytes(content)
    if content:
        with pytest.raises(DataError, match="not a lhotse manifest"):
            describe(prepared)
    else:  # an empty corpus is a corpus of which everything was rejected
        assert "stamps,speech,fr,0.0,0,,0,0,1" in describe(prepared)


def test_a_list_of_rejected_without_languages_is_named(prepared):
    (prepared / "stamps/rejected.csv").write_text("id\nx\n")
    with pytest.raises(DataError, match="rejected recordings"):
        describe(prepared)

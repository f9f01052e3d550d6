"""Pairs with linked words, and what is known of the words that are asked for."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.contextual.links import QUERIES, describe_queries, link_words
from crosstalk.contextual.messages import SELECTION
from crosstalk.contextual.tables import PAIRS
from crosstalk.contextual.word_classes import frequency_ranks, kind_of, rank_bin
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import FastAlignParams, SelectionParams
from crosstalk.results.metrics import read_metrics

NOUNS = ["file", "page", "image", "layer", "cell", "row"]
VERBS = ["open", "close", "print", "copy"]


def message(number, split, languages=("en", "de", "fr")):
    """A command whose translations are written backwards (de) or in capitals (fr)."""
    words = [VERBS[number % 4], "the", NOUNS[number % 6], f"{number}", "."]
    said = {"en": words, "de": [w[::-1] for w in words], "fr": [w.upper() for w in words]}
    return [(f"m{number}", "gimp", code, said[code], split) for code in languages]


@pytest.fixture
def linked(tmp_path):
    rows = [row for n in range(40) for row in message(n, "train")]
    rows += [row for n in range(40, 46) for row in message(n, "test")]
    rows += message(46, "test", ("en", "de")) + message(47, "dev")
    pd.DataFrame(rows, columns=SELECTION).to_parquet(tmp_path / "selection")
    link_words(
        cfg=FastAlignParams(),
        selected=SelectionParams(languages=("de", "fr"), test_pairs=4),
        selection=tmp_path / "selection",
        **{name: tmp_path / name for name in ("train", "dev", "test", "queries", "measures")},
    )
    columns = {"train": PAIRS, "dev": PAIRS, "test": PAIRS, "queries": QUERIES}
    tables = {name: read_columns(tmp_path / name, kind) for name, kind in columns.items()}
    return tables | {"measures": read_metrics(tmp_path / "measures")}


def test_links_join_words_with_their_translations(linked):
    for pair in linked["train"].itertuples():
        for one, other in zip(pair.english_links, pair.foreign_links, strict=True):
            word = pair.english[one]
            assert pair.foreign[other] == (word[::-1] if pair.language == "de" else word.upper())


def test_every_language_is_asked_about_the_same_messages(linked):
    asked = linked["test"].groupby("language")["message_id"].apply(list)
    assert asked["de"] == asked["fr"] == ["m40", "m41", "m42", "m43"]  # m46 is not in French
    assert set(linked["dev"]["message_id"]) == {"m47"}
    assert linked["train"].groupby("language").size().to_dict() == {"de": 40, "fr": 40}


def test_queries_are_the_links_in_the_order_of_the_pairs(linked):
    for language, rows in linked["test"].groupby("language"):
        expected = [
            (pair.message_id, pair.english[one], pair.foreign[other])
            for pair in rows.itertuples()
            for one, other in zip(pair.english_links, pair.foreign_links, strict=True)
        ]
        asked = linked["queries"][linked["queries"]["language"] == language]
        assert asked["query"].tolist() == list(range(len(expected)))
        found = asked[["message_id", "english", "foreign"]].itertuples(index=False, name=None)
        assert list(found) == expected


def test_what_is_known_of_a_query(linked):
    asked = linked["queries"].set_index(["language", "english"]).sort_index()
    row = asked.loc[[("de", "the")]].iloc[0]
    assert (row["kind"], bool(row["seen"])) == ("closed", True)
    assert set(asked.loc[[("de", ".")], "kind"]) == {"overlap"}
    assert set(asked.loc[[("fr", "print")], "kind"]) == {"overlap"}  # the same string but for case
    assert set(asked.loc[[("de", "print")], "kind"]) == {"open"}
    numbers = linked["queries"][linked["queries"]["english"].isin(["40", "41", "42", "43"])]
    assert not numbers["seen"].any()


def test_what_there_is_of_each_language_is_counted(linked):
    found = linked["measures"].set_index(["row", "column"])["value"]
    assert found["de", "training pairs"] == 40
    assert found["de", "English words"] == 200
    assert found["de", "test links"] == (linked["queries"]["language"] == "de").sum()
    unseen = ~linked["queries"].query("language == 'fr'")["seen"].astype(bool)
    assert found["fr", "never linked in training"] == pytest.approx(100 * unseen.mean(), abs=1e-4)
    links = linked["train"].query("language == 'fr'")["english_links"].str.len().sum()
    assert found["fr", "linked"] == pytest.approx(links / 2, abs=1e-4)  # of 200 words


def test_frequency_gaps_are_differences_of_ranks():
    train = [("t", "x", "en", ["the", "the", "the", "a", "a", "b"], "train")]
    train += [("t", "x", "de", ["die", "die", "das"], "train")]
    selection = pd.DataFrame(train, columns=SELECTION)
    pairs = pd.DataFrame(
        [("de", "m", ["the", "b", "new"], ["das", "die", "neu"], [0, 1, 2], [0, 1, 2], "test")],
        columns=[*PAIRS, "split"],
    )
    # the 1, a 2, b 3, else 4; die 1, das 2, else 3
    assert describe_queries(pairs, selection)["rank_gap"].tolist() == [1, 2, 1]


@given(st.lists(st.sampled_from("aAbBcd"), max_size=30))
def test_ranks_count_the_more_frequent_words(words):
    counts = Counter(word.casefold() for word in words)
    for word, rank in frequency_ranks(words).items():
        assert rank == 1 + sum(count > counts[word] for count in counts.values())


@pytest.mark.parametrize(
    ("english", "foreign", "kind"),
    [
        ("The", "der", "closed"),
        ("GIMP", "gimp", "overlap"),
        ("3", "3", "overlap"),
        ("“", "«", "overlap"),
        ("layer", "Ebene", "open"),
        ("under", "unter", "closed"),
    ],
)
def test_kinds(english, foreign, kind):
    assert kind_of(english, foreign) == kind


def test_bins_of_rank_differences():
    names = [rank_bin(n) for n in (0, 9, 10, 99, 100, 999, 1000, 50_000)]
    assert names[::2] == names[1::2] == ["0 to 9", "10 to 99", "100 to 999", "1000 and more"]


def test_a_language_without_test_links_is_named(tmp_path):
    rows = [row for n in range(9) for row in message(n, "train")] + message(9, "dev")
    pd.DataFrame(rows, columns=SELECTION).to_parquet(tmp_path / "s")
    with pytest.raises(DataError, match="no test word is linked in de fr"):
        link_words(
            cfg=FastAlignParams(),
            selected=SelectionParams(languages=("de", "fr")),
            selection=tmp_path / "s",
            **{name: tmp_path / name for name in ("train", "dev", "test", "queries", "measures")},
        )

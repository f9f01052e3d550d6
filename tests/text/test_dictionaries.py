"""Translations, synonyms by pivoting, and held-out words."""

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from crosstalk.errors import DataError
from crosstalk.text.dictionaries import (
    COLUMNS,
    held_out,
    read_pairs,
    right_words,
    synonyms,
    translations,
)

PAIRS = [
    ("en", "fr", "big", "grand"),
    ("en", "fr", "tall", "grand"),
    ("fr", "en", "gros", "big"),
    ("fr", "en", "gros", "fat"),
    ("en", "de", "big", "gross"),
    ("de", "en", "dick", "fat"),
]


def test_both_directions_of_a_dictionary_count():
    assert translations(PAIRS, "en", "fr") == {
        "big": {"grand", "gros"},
        "tall": {"grand"},
        "fat": {"gros"},
    }
    assert translations(PAIRS, "fr", "en") == {"grand": {"big", "tall"}, "gros": {"big", "fat"}}


def test_languages_without_a_dictionary_are_joined_through_english():
    assert translations(PAIRS, "fr", "de") == {"grand": {"gross"}, "gros": {"gross", "dick"}}


def test_synonyms_are_back_translations_through_every_language():
    assert synonyms(PAIRS, "en") == {"big": {"tall", "fat"}, "tall": {"big"}, "fat": {"big"}}
    assert synonyms(PAIRS, "de") == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["en", "fr"]),
            st.sampled_from(["en", "fr"]),
            *[st.sampled_from("abcd")] * 2,
        ).filter(lambda row: row[0] != row[1])
    )
)
def test_synonymy_is_symmetric_and_never_of_a_word_with_itself(pairs):
    found = synonyms(pairs, "en")
    for word, others in found.items():
        assert word not in others
        assert all(word in found[other] for other in others)


def test_within_a_language_the_word_itself_is_right():
    assert right_words(PAIRS, "en", "en", ["elf"]) == {"elf": {"elf"}}
    assert right_words(PAIRS, "en", "fr", ["elf"]) == translations(PAIRS, "en", "fr")


def test_a_fixed_share_of_words_is_held_out():
    words = [f"word{i}" for i in range(5000)]
    share = sum(held_out(word, 20) for word in words) / len(words)
    assert share == pytest.approx(0.2, abs=0.02)
    assert {w for w in words if held_out(w, 10)} < {w for w in words if held_out(w, 20)}


def test_pairs_are_read_as_written(tmp_path):
    path = tmp_path / "dictionary.parquet"
    table = pyarrow.table(dict(zip(COLUMNS, zip(*PAIRS, strict=True), strict=True)))
    parquet.write_table(table, path)
    assert read_pairs(path) == PAIRS


@pytest.mark.parametrize("content", [b"", b"no parquet"])
def test_a_file_that_is_no_dictionary_is_named(tmp_path, content):
    path = tmp_path / "dictionary.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"dictionary\.parquet is not a dictionary"):
        read_pairs(path)

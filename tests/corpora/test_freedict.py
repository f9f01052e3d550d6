"""Entries of real FreeDict dictionaries, and what is left of them as word pairs."""

import gzip
import io
import tarfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.corpora.freedict import parse_entry, prepare_freedict, read_entries
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.freedict import FreedictParams

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
ENTRIES = {
    "share": "share /ʃɛər/\n1. action\n2. débiter, diviser\n4. participer, prendre part\n",
    "straße": "Straße /ʃtɾˈɑːsə/ (Str. /ˌɛs/) <fem, n, sg>\nstreet <n>St,  /ˌɛstˈeː/ , road <n>\n"
    '      "auf der Straße"  - on the road\n see: {Straßen}\n\n         Note: im Ort\n',
    "anliegerverkehr": "Anliegerverkehr /ˈan/ <masc, n, sg>\n [Dt.]  [Schw.] traffic <n>\n"
    "   Synonyms: {Anwohnerverkehr}, {Anrainerverkehr}\n",
    "unübersetzt": "unübersetzt /x/ <adj>\n see: {übersetzt}\n",
    "überreizt": "überreizt /ˌyː/ <adj>\noverstrung <adj, fig>, well-known; (rarely) tense\n",
    "cocktail": "Cocktail <n>\ncocktail <n> [coll.] , mixed drink <n>, 3D\n",
}


def base64(number):
    return (base64(number // 64) if number >= 64 else "") + ALPHABET[number % 64]


def dictd(entries):
    text, index = b"", ""
    for headword, entry in entries.items():
        index += f"{headword}\t{base64(len(text))}\t{base64(len(entry.encode()))}\n"
        text += entry.encode()
    return {"dict.dz": gzip.compress(text), "index": index.encode()}


def prepare(folder, pair, parts, *pairs):
    path = folder / "x.archive"
    with tarfile.open(path, "w:gz") as tar:
        for suffix, data in parts.items():
            entry = tarfile.TarInfo(f"./usr/share/dictd/freedict-{pair}.{suffix}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    out = folder / "dictionary.parquet"
    prepare_freedict(cfg=FreedictParams(pairs=pairs), archives=[path], dictionary=out)
    return pd.read_parquet(out)


@pytest.mark.parametrize(
    ("headword", "pair", "expected"),
    [
        ("share", "en-fr", "action débiter diviser participer"),
        ("straße", "de-en", "street road"),
        ("anliegerverkehr", "de-en", "traffic"),
        ("unübersetzt", "de-en", ""),
        ("überreizt", "de-en", "overstrung well-known tense"),
        ("cocktail", "de-en", "cocktail"),
    ],
)
def test_only_translations_of_one_word_are_left(headword, pair, expected):
    found = list(parse_entry(ENTRIES[headword], *pair.split("-")))
    assert found == [(headword, word) for word in expected.split()]


@pytest.mark.parametrize(
    "entry", ["take care /teik/\nveiller\n", "<n>\nrien\n", "3D <n>\nx\n", "-\nx\n"]
)
def test_a_headword_that_is_not_one_word_gives_nothing(entry):
    assert list(parse_entry(entry, "en", "fr")) == []


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text("abc \né")))
def test_every_entry_is_found_through_the_index(entries):
    assert list(read_entries("x", dictd({"00databaseinfo": "about\n", **entries}))) == list(
        entries.values()
    )


def test_pairs_are_unique_sorted_and_told_from_the_file_names(tmp_path):
    entries = ENTRIES | {"Straße": "Straße\nroad\n", "00databaseurl": "freedict\nurl\n"}
    frame = prepare(tmp_path, "deu-eng", dictd(entries), "de-en")
    rows = list(frame.itertuples(index=False, name=None))
    assert rows == sorted(set(rows))
    assert ("de", "en", "straße", "road") in rows
    assert "freedict" not in set(frame["source_word"])


def test_an_unknown_pair_names_the_valid_ones(tmp_path):
    with pytest.raises(ParameterError, match="'fr-de' is not in the archives; valid: de-en"):
        prepare(tmp_path, "deu-eng", dictd(ENTRIES), "fr-de")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("dict.dz", lambda data: data[:-12]),
        ("dict.dz", lambda _: gzip.compress(b"short")),
        ("dict.dz", lambda _: b"no gzip"),
        ("index", lambda data: data[:-3]),
        ("index", lambda data: data.replace(b"\t", b" ")),
        ("index", lambda data: data.replace(b"\tA\t", b"\t*\t")),
    ],
)
def test_damaged_parts_are_named(tmp_path, part, content):
    parts = dictd(ENTRIES)
    with pytest.raises(DataError, match="dictionary de-en is damaged"):
        prepare(tmp_path, "deu-eng", parts | {part: content(parts[part])}, "de-en")


def test_a_dictionary_without_index_is_named(tmp_path):
    parts = dictd(ENTRIES)
    del parts["index"]
    with pytest.raises(DataError, match="de-en has no index"):
        prepare(tmp_path, "deu-eng", parts, "de-en")


def test_a_dictionary_of_phrases_alone_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no entry translates"):
        prepare(tmp_path, "deu-eng", dictd({"haus": "Haus\nmansion house\n"}), "de-en")

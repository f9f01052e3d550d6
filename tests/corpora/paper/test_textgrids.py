"""TextGrids in both of Praat's forms, and what is wrong with others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpora.paper.archives import textgrid, zipped

from crosstalk.corpora.paper.textgrids import read_words, textgrids_in
from crosstalk.errors import DataError

WORDS = [
    (0, 0.25, ""),
    (0.25, 0.5, "Don't"),
    (0.5, 0.5e0, "sp"),
    (0.5, 0.9, "<unk>"),
    (0.9, 1.125, "go"),
]


def times(data, language="en"):
    return [(w.symbol, w.start, w.duration) for w in read_words("a.TextGrid", data, language)]


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("tier", ["words", "103 - words"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_words_are_those_of_texts_and_silence_is_none(short, tier, encoding):
    data = textgrid(WORDS, 1.5, tier, short).decode().encode(encoding)
    assert times(data) == [("don't", 0.25, 0.25), ("go", 0.9, 0.225)]


def test_what_is_not_one_word_is_left_out():
    marks = [(0, 1, "l'"), (1, 2, "homme"), (2, 3, "12"), (3, 4, "l'homme"), (4, 5, 'dit ""non""')]
    assert [t[0] for t in times(textgrid(marks, 5), "fr")] == ["l'", "homme"]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 99).map(lambda x: round(x, 4)), st.sampled_from("abc")), min_size=1
    )
)
def test_long_and_short_form_say_the_same(marks):
    words = [(start, start + 1, text) for start, text in marks]
    assert times(textgrid(words, 100)) == times(textgrid(words, 100, short=True))
    assert [t[:2] for t in times(textgrid(words, 100))] == [(text, start) for start, text in marks]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not a TextGrid"),
        (b'"ooTextFile" "Sound" 0 1', "it starts otherwise"),
        (textgrid(WORDS, 1)[:-200], "is not a TextGrid"),
        (textgrid(WORDS, 1, "phones"), "has no tier of words"),
        (b"\xff\xfe\x00", "is not a TextGrid"),
    ],
)
def test_other_files_are_named(data, says):
    with pytest.raises(DataError, match=f"a.TextGrid.*{says}"):
        times(data)


def test_they_are_found_in_zips_and_folders_alike(tmp_path):
    zipped(tmp_path / "grids.zip", {"LibriSpeech/x/1/2/1-2-0003.TextGrid": b"zip"})
    (tmp_path / "grids" / "1").mkdir(parents=True)
    (tmp_path / "grids" / "1" / "1-2-0003.TextGrid").write_bytes(b"folder")
    for place, content in (("grids.zip", b"zip"), ("grids", b"folder")):
        look_up = textgrids_in(tmp_path / place)
        assert look_up("1-2-0003")[1] == content
        assert look_up("1-2-0004") is None
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"cut\.zip is not a complete archive"):
        textgrids_in(tmp_path / "cut.zip")

"""The tokenisation that speech and text share."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.text.tokens import split_words, tokenize


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Don’t go, Ro’Arthian!", "en", ["don't", "go", "ro'arthian"]),
        ("a well-known 3rd road — 20 miles, 1.16", "en", ["a", "well-known", "road", "miles"]),
        ("'quoted' and trailing-", "en", ["quoted", "and", "trailing"]),
        ("value_labels", "en", ["value", "labels"]),
        ("1234 !?", "en", []),
        ("L’homme n'a qu’une idée", "fr", ["l'", "homme", "n'", "a", "qu'", "une", "idée"]),
        (
            "Aujourd’hui, jusqu'à d’aujourd'hui",
            "fr",
            ["aujourd'hui", "jusqu'", "à", "d'", "aujourd'hui"],
        ),
        ("Qu'est-ce que c'est ?", "fr", ["qu'", "est-ce", "que", "c'", "est"]),
        (
            "Sull'acqua, dell'acqua, un po' d'oro",
            "it",
            ["sull'", "acqua", "dell'", "acqua", "un", "po", "d'", "oro"],
        ),
        ("T'alliberaré! l'home", "ca", ["t'", "alliberaré", "l'", "home"]),
        ("Straße der Äpfel, U-Bahn", "de", ["straße", "der", "äpfel", "u-bahn"]),
        ("Война и мир", "ru", ["война", "и", "мир"]),
        ("IŞIK İstanbul", "tr", ["ışık", "istanbul"]),
        ("e\u0301te\u0301", "fr", ["été"]),
        ("पहला शब्द", "hi", ["पहला", "शब्द"]),
        ("بِسْمِ اللَّهِ", "ar", ["بِسْمِ", "اللَّهِ"]),
        ("我们来救你了！", "zh", ["我", "们", "来", "救", "你", "了"]),
    ],
)
def test_words(text, language, words):
    assert tokenize(text, language) == [unicodedata.normalize("NFC", word) for word in words]


TEXT = st.one_of(st.text(max_size=60), st.text("dlaqu'’-‐ É1\u0301İ,", max_size=30))


@given(TEXT, st.sampled_from(["en", "fr", "de", "it", "ca", "tr", "zh"]))
def test_tokenizing_words_again_changes_nothing(text, language):
    words = tokenize(text, language)
    assert tokenize(" ".join(words), language) == words


@given(TEXT, st.sampled_from(["en", "fr", "de"]))
def test_words_hold_no_blank_digit_or_capital(text, language):
    for word in tokenize(text, language):
        assert word == word.lower()
        assert not any(c.isspace() or c.isnumeric() for c in word)
        assert any(c.isalpha() for c in word)


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Don’t open 3 files (v1.2)…", "en", "Don't open 3 files ( v1 . 2 ) …"),
        ("1,234.5 %, file_name", "en", "1,234.5 % , file _ name"),
        ("L’image n'a qu’un calque", "fr", "L' image n' a qu' un calque"),
        ("Drucker\u00adauswahl", "de", "Druckerauswahl"),
        ("Ποιος;", "el", "Ποιος ;"),
    ],
)
def test_words_and_other_signs(text, language, words):
    assert " ".join(split_words(text, language)) == words


@given(TEXT, st.sampled_from(["en", "fr", "de", "el"]))
def test_splitting_words_again_changes_nothing(text, language):
    words = split_words(text, language)
    assert split_words(" ".join(words), language) == words
    assert all(word and not any(map(str.isspace, word)) for word in words)


@given(st.text("abç '-.,;", max_size=40), st.sampled_from(["en", "fr"]))
def test_its_words_are_those_of_speech(text, language):
    spoken = [w.lower() for w in split_words(text, language) if w[0].isalpha()]
    assert spoken == tokenize(text, language)

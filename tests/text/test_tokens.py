"""The tokenisation that speech and text share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.text.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Don’t go, Ro’Arthian!", "en", ["don't", "go", "ro'arthian"]),
        ("a well-known 3rd road — 20 miles", "en", ["a", "well-known", "rd", "road", "miles"]),
        ("L’homme n'a qu’une idée", "fr", ["l'", "homme", "n'", "a", "qu'", "une", "idée"]),
        ("Aujourd’hui", "fr", ["aujourd'hui"]),
        ("dell'acqua", "it", ["dell'", "acqua"]),
        ("Straße der Äpfel", "de", ["straße", "der", "äpfel"]),
        ("Война и мир", "ru", ["война", "и", "мир"]),
        ("e\u0301te\u0301", "fr", ["été"]),
        ("'quoted'", "en", ["quoted"]),
        ("1234 !?", "en", []),
    ],
)
def test_words(text, language, words):
    assert tokenize(text, language) == words


@given(st.text(max_size=60), st.sampled_from(["en", "fr", "de"]))
def test_tokenizing_words_again_changes_nothing(text, language):
    words = tokenize(text, language)
    assert tokenize(" ".join(words), language) == words
    assert all(word == word.lower() for word in words)

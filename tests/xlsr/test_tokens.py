"""Vocabularies of CTC: what is one symbol, in one language and in several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.params.ctc import LabelParams
from crosstalk.xlsr.tokens import SEPARATOR, Vocabulary, character_labels, phone_labels

LABELLED = [("es", ["a", "β", "a"]), ("it", ["a", "tʃ"])]


@pytest.mark.parametrize(
    ("phone", "dropped", "kept"),
    [
        ("tː", "t", "tː"),
        ("ss", "s", "ss"),
        ("tʃː", "tʃ", "tʃː"),
        ("ɑ̃", "ɑ̃", "ɑ̃"),  # a letter and its mark are not one letter twice
        ("vʲ", "vʲ", "vʲ"),
        ('u"', "u", "u"),
        ("ɪ^", "ɪ", "ɪ"),
        ("ˈa", "a", "a"),
        ("eɪ", "eɪ", "eɪ"),
    ],
)
def test_length_is_dropped_or_kept_and_nothing_else(phone, dropped, kept):
    assert phone_labels(f"{phone} k", LabelParams()) == [dropped, "k"]
    assert phone_labels(f"{phone} k", LabelParams(length="keep")) == [kept, "k"]


def test_characters_are_those_of_words():
    assert "".join(character_labels("¿Dónde está?", "es")) == f"dónde{SEPARATOR}está"
    assert "".join(character_labels("L'eau.", "fr")) == f"l'{SEPARATOR}eau"
    assert character_labels("Il y a 3 chats.", "fr") == []
    assert character_labels("…", "fr") == []


def test_shared_symbols_are_one_and_separate_ones_are_not():
    shared, separate = (Vocabulary.fit(LABELLED, scope) for scope in ("shared", "separate"))
    assert shared.symbols == ("a", "tʃ", "β")
    assert separate.symbols == ("es:a", "es:β", "it:a", "it:tʃ")
    assert (len(shared), len(separate)) == (4, 5)
    assert shared.encode(["a"], "es") == shared.encode(["a"], "it")
    assert separate.encode(["a"], "es") != separate.encode(["a"], "it")


def test_a_separate_symbol_of_another_language_is_an_error():
    vocabulary = Vocabulary.fit(LABELLED, "separate")
    written = vocabulary.encode(["a"], "es") + vocabulary.encode(["a"], "it")
    assert vocabulary.decode(written, "es") == ["a", "it:a"]
    assert vocabulary.decode(written, "it") == ["es:a", "a"]


def test_what_training_did_not_show_is_counted_and_cannot_be_trained_on():
    separate, shared = (Vocabulary.fit(LABELLED, scope) for scope in ("separate", "shared"))
    assert separate.unseen(["a", "tʃ", "x"], "es") == 2
    assert shared.unseen(["a", "tʃ", "x"], "es") == 1
    with pytest.raises(DataError, match="label 'x' was not seen in training"):
        shared.encode(["a", "x"], "es")
    with pytest.raises(DataError, match="hold no symbol"):
        Vocabulary.fit([("es", [])], "shared")


labels = st.lists(st.sampled_from(["a", "b", "tʃ", "es:", ":", "|"]), max_size=8)


@given(st.lists(st.tuples(st.sampled_from(["es", "it"]), labels), min_size=1), st.booleans())
def test_encoding_and_decoding_are_inverse(labelled, shared):
    if not any(found for _, found in labelled):
        return
    vocabulary = Vocabulary.fit(labelled, "shared" if shared else "separate")
    for language, found in labelled:
        written = vocabulary.encode(found, language)
        assert vocabulary.decode(written, language) == found
        assert all(0 < index < len(vocabulary) for index in written)
        assert vocabulary.unseen(found, language) == 0

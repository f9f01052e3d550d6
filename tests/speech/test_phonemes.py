"""Phones of known words, in the languages of the corpora."""

import pytest
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from crosstalk.errors import CrosstalkError, ParameterError
from crosstalk.speech import espeak
from crosstalk.speech.phonemes import phonemize

CORPUS_LANGUAGES = "en fr de es it ru ca bg be ro el da lt nl cs pl tr pt ja zh la"


@pytest.mark.parametrize(
    ("language", "word", "phones"),
    [
        ("en", "cheese", "tʃ iː z"),
        ("de", "Brötchen", "b ɾ øː t ç ə n"),
        ("fr", "bonjour", "b ɔ̃ ʒ u ʁ"),
        ("es", "niño", "n i ɲ o"),
        ("it", "ragno", "r a ɲ ɲ o"),
        ("ru", "собака", "s ʌ b ɑ k a"),
        ("el", "καλημέρα", "k a l i m e r a"),
    ],
)
def test_dictionary_pronunciations(language, word, phones):
    assert phonemize([word], language) == [phones.split()]


@pytest.mark.parametrize("language", CORPUS_LANGUAGES.split())
def test_every_corpus_language_is_spoken(language):
    assert phonemize(["a"], language)[0]


def test_stress_punctuation_and_language_flags_are_gone():
    # "football" is read as English inside French: the flags (en) and (fr) must not become phones.
    (phones,) = phonemize(["« J'aime le football ! »"], "fr")
    assert phones == ["ʒ", "ɛ", "m", "l", "ə", "f", "ʊ", "t", "b", "ɔː", "l"]


def test_texts_without_words_keep_their_place():
    assert phonemize(["", "cat", "…"], "en") == [[], ["k", "æ", "t"], []]


def test_an_utterance_does_not_depend_on_its_neighbours():
    texts = ["the wolves", "a café in Köln", "12 elves", "привет"]
    together = phonemize(texts * 2, "en")
    assert together[:4] == together[4:] == [phonemize([text], "en")[0] for text in texts]


def test_unknown_language_names_a_near_one():
    with pytest.raises(ParameterError, match="'enn': did you mean 'en'"):
        phonemize(["a"], "enn")


def test_missing_library_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(
        espeak.espeakng_loader, "get_library_path", lambda: str(tmp_path / "libespeak-ng.so")
    )
    with pytest.raises(CrosstalkError, match=r"no eSpeak NG library at .*: reinstall"):
        espeak.library_path()


def test_broken_library_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(espeak.espeakng_loader, "get_library_path", lambda: str(broken))
    monkeypatch.setattr(EspeakWrapper, "_ESPEAK_LIBRARY", None)
    with pytest.raises(CrosstalkError, match="does not load"):
        espeak.voices.__wrapped__()

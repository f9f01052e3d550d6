"""Words: the one tokenisation that speech and text share, so that their words are the same."""

from __future__ import annotations

import re
import unicodedata

# Letters with their combining marks, joined inside a word by an apostrophe or a hyphen.
_WORD = re.compile(r"[^\W\d_]+(?:['’\-‐‑][^\W\d_]+)*")
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‐": "-", "‑": "-"})
# Clitics that French and Italian write together with the next word, which is a word of its own.
_ELISION = re.compile(
    r"^(?:(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|dell|nell|all|dall|sull|un)')(?=\w)"
)
_ELIDING = {"fr", "it", "ca"}


def tokenize(text: str, language: str) -> list[str]:
    """Split a text into lower-case words.

    A word is a run of letters; an apostrophe or hyphen between letters belongs to it (``don't``,
    ``well-known``), except that elided articles and pronouns of French, Italian and Catalan are
    words of their own (``l'`` + ``homme``). Numbers and anything that holds a digit's symbol are
    no words: a synthesiser would read them as several. Text is NFC, typographic apostrophes are
    made plain.
    """
    words = _WORD.findall(unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower())
    if language not in _ELIDING:
        return words
    return [part for word in words for part in _split_elision(word)]


def _split_elision(word: str) -> list[str]:
    parts = []
    while match := _ELISION.match(word):
        parts.append(match.group())
        word = word[match.end() :]
    return [*parts, word]

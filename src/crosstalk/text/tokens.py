"""Words: the one tokenisation that speech and text share, so that their words are the same."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby

# Elided articles, pronouns and conjunctions, which are written together with the next word.
_ELIDED = {
    "ca": "[dlmnst]",
    "fr": "[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu",
    "it": "[cdlmnstv]|un|gl|quest|quell|bell|sant|tutt|(?:[dn]e|a|da|su|co)ll",
}
# Written without blanks; no segmenter is used, so each letter counts as a word.
_UNSPACED = {"ja", "zh"}
_JOINERS = str.maketrans({"’": "'", "ʼ": "'", "\u2010": "-", "\u2011": "-"})


def tokenize(text: str, language: str) -> list[str]:
    """Split a text into lower-case words, NFC.

    A word is a run of letters with their combining marks; a single apostrophe or hyphen between
    letters belongs to it (``don't``, ``well-known``, ``aujourd'hui``), apostrophes being made
    plain. What French, Italian and Catalan elide is a word of its own and keeps the apostrophe
    (``l'`` + ``homme``). A run that holds a digit is no word (``3rd``, ``1.16``): how a number is
    said cannot be told from its spelling. Chinese and Japanese give one word a letter.

    Splitting the words again, joined by blanks, gives the same words.

    Parameters
    ----------
    text
        Any text.
    language
        ISO 639-1 code.

    """
    plain = _lower(unicodedata.normalize("NFC", text), language).translate(_JOINERS)
    runs = _word_pattern(language).findall(unicodedata.normalize("NFC", plain))
    words = [run for run in runs if not any(character.isnumeric() for character in run)]
    if language in _UNSPACED:
        return [letter for word in words for letter in _letters(word)]
    return words


def split_words(text: str, language: str) -> list[str]:
    """Split a text into words, numbers and single other signs, NFC and in their own case.

    Words are those of `tokenize`, runs with digits among them, apostrophes made plain; a number
    keeps its decimal and grouping signs; every other visible sign stands alone. Invisible ones
    (white space, control and format characters, such as soft hyphens) are left out. Splitting the
    words again, joined by blanks, gives the same words.
    """
    plain = unicodedata.normalize("NFC", text.translate(_JOINERS))
    if not plain.isprintable():
        plain = "".join(c for c in plain if c.isprintable() or c.isspace())
    return _sign_pattern(language).findall(plain)


def _lower(text: str, language: str) -> str:
    if language == "tr":  # dotted and dotless i are two letters
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower()


@lru_cache(maxsize=64)
def _sign_pattern(language: str) -> re.Pattern[str]:
    return re.compile(rf"\d+(?:[.,]\d+)+|{_word_pattern(language).pattern}|\S", re.I)


@lru_cache(maxsize=64)
def _word_pattern(language: str) -> re.Pattern[str]:
    letters = rf"(?:[^\W_]++[{_marks()}]*+)++"
    word = rf"{letters}(?:['\-]{letters})*"
    if language in _ELIDED:
        elided = rf"(?:{_ELIDED[language]})'(?!['\-])"
        word = rf"(?<![^\W_]){elided}|{letters}(?:['\-](?!{elided}){letters})*"
    return re.compile(word)


@lru_cache(maxsize=1)
def _marks() -> str:
    """All combining marks as ranges: ``re`` does not count them as part of a word."""
    codes = [c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == "M"]
    ranges = []
    for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]):
        members = [code for _, code in run]
        ranges.append(f"{chr(members[0])}-{chr(members[-1])}")
    return "".join(ranges)


def _letters(word: str) -> list[str]:
    letters: list[str] = []
    for character in word:
        if letters and unicodedata.category(character)[0] == "M":
            letters[-1] += character
        elif character.isalpha():
            letters.append(character)
    return letters

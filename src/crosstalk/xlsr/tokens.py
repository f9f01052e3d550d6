"""What a CTC model writes: phones or characters, of several languages at once.

*Phones* are eSpeak NG's, as the manifests have them, without stress. With ``length: drop`` a long
phone is the same as a short one: the length mark goes, and a symbol that is one letter twice
(``ss``) is that letter. The marks that eSpeak NG adds for its own use (``u"``, ``ɪ^``) always go.
*Characters* are those of lower-case words, with `SEPARATOR` between two words. A text with a digit
has no characters: how a number is said cannot be told from its spelling.

Languages have one vocabulary. Where it is *shared*, symbols that look alike are one; where it is
*separate*, each language has its own (``es:a``), so that nothing but the encoder is shared
(XLSR, section 4.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

from crosstalk.errors import DataError
from crosstalk.params.ctc import LabelParams
from crosstalk.text.tokens import tokenize

Labels = Literal["phones", "characters"]
Scope = Literal["shared", "separate"]

BLANK = 0
"""Index of CTC's blank; `Vocabulary.symbols` start at 1."""
SEPARATOR = "|"
"""Between words; the only character that is no letter, apostrophe or hyphen."""

_INTERNAL = re.compile(r'["^ˈˌ]')


def phone_labels(phones: str, cfg: LabelParams) -> list[str]:
    """Return the phones of a manifest's ``phonemes``, as the module says."""
    found = (_INTERNAL.sub("", phone) for phone in phones.split())
    return [_short(phone) if cfg.length == "drop" else phone for phone in found]


def character_labels(text: str, language: str) -> list[str]:
    """Return the characters of a text, empty if it has a digit or no word."""
    if any(character.isnumeric() for character in text):
        return []
    return list(SEPARATOR.join(tokenize(text, language)))


def _short(phone: str) -> str:
    plain = phone.replace("ː", "")
    return plain[0] if len(plain) == 2 and plain[0] == plain[1] else plain


@dataclass(frozen=True)
class Vocabulary:
    """Symbols of all languages; symbol ``i`` has index ``i + 1``, after the blank."""

    symbols: tuple[str, ...]
    scope: Scope

    @classmethod
    def fit(cls, labelled: Iterable[tuple[str, Sequence[str]]], scope: Scope) -> Self:
        """Collect the symbols of training labels, each with its language.

        Raises
        ------
        DataError
            There is no symbol.

        """
        found = {_key(s, language, scope) for language, labels in labelled for s in labels}
        if not found:
            raise DataError("the training labels hold no symbol: choose languages that have labels")
        return cls(tuple(sorted(found)), scope)

    def __len__(self) -> int:
        """Outputs of a model, with the blank."""
        return len(self.symbols) + 1

    @cached_property
    def _index(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols, start=BLANK + 1)}

    def unseen(self, labels: Sequence[str], language: str) -> int:
        """Count the labels that no output stands for: errors, whatever a model writes."""
        return sum(_key(label, language, self.scope) not in self._index for label in labels)

    def encode(self, labels: Sequence[str], language: str) -> list[int]:
        """Return indices.

        Raises
        ------
        DataError
            A label is unseen.

        """
        try:
            return [self._index[_key(label, language, self.scope)] for label in labels]
        except KeyError as error:
            raise DataError(
                f"label {error} was not seen in training: train on a subset that has it"
            ) from error

    def decode(self, indices: Iterable[int], language: str) -> list[str]:
        """Return labels; a separate symbol of another language keeps its name, as it is wrong."""
        return [
            self.symbols[index - 1].removeprefix(f"{language}:")
            if self.scope == "separate"
            else self.symbols[index - 1]
            for index in indices
        ]


def _key(label: str, language: str, scope: Scope) -> str:
    return f"{language}:{label}" if scope == "separate" else label

"""Text to IPA phones, through ``phonemizer`` and eSpeak NG."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache

from phonemizer.backend import EspeakBackend
from phonemizer.separator import Separator

from crosstalk.speech import espeak

_BETWEEN_PHONES = Separator(phone=" ", word="\t", syllable="")

# phonemizer warns of every language switch, which is what `remove-flags` is there to settle.
_SILENT = logging.Logger("phonemizer", level=logging.CRITICAL)


def phonemize(texts: Sequence[str], language: str) -> list[list[str]]:
    """Phones of each text, without stress, punctuation, word boundaries or language flags.

    Words that eSpeak takes to be foreign keep the phones of the language it read them in, so rare
    phones from outside the inventory of ``language`` can occur. A text without any letter or digit
    has no phones.

    Parameters
    ----------
    texts
        any number of utterances; one call for many is fastest.
    language
        ISO 639-1 code.

    Returns
    -------
    list of list of str
        One list of IPA symbols for each text, in order. Length marks and diacritics belong to
        their phone, and an affricate or diphthong is one symbol.

    Raises
    ------
    ParameterError
        eSpeak NG does not speak the language.
    CrosstalkError
        the eSpeak NG library is missing or broken.

    """
    lines = _backend(language).phonemize(list(texts), separator=_BETWEEN_PHONES, strip=True)
    return [line.split() for line in lines]


@lru_cache(maxsize=32)
def _backend(language: str) -> EspeakBackend:
    """One loaded engine a language: building it costs 15 ms and a copy of the library."""
    voice = espeak.voice_of(language)
    return EspeakBackend(voice, with_stress=False, language_switch="remove-flags", logger=_SILENT)

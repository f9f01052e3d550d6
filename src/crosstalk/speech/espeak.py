"""Where eSpeak NG is and which of its voices speaks a language.

The library and its data come with the ``espeakng-loader`` wheel, so neither a system package nor
root is needed, and every machine pronounces a word alike.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import espeakng_loader
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from crosstalk.errors import CrosstalkError, ParameterError

REMEDY = "reinstall the package espeakng-loader"

# ISO 639-1 codes that eSpeak NG 1.52 knows under another name. American English and European
# French are choices; Norwegian and Chinese are macro-languages of which it speaks one each.
RENAMED = {"en": "en-us", "fr": "fr-fr", "no": "nb", "zh": "cmn"}


def library_path() -> Path:
    """Path of the shared library.

    Raises
    ------
    CrosstalkError
        the wheel's library is not there.

    """
    path = Path(espeakng_loader.get_library_path())
    if not path.is_file():
        raise CrosstalkError(f"no eSpeak NG library at {path}: {REMEDY}")
    return path


def data_path() -> Path:
    """Path of the folder ``espeak-ng-data``.

    Raises
    ------
    CrosstalkError
        the wheel's data folder is not there.

    """
    path = Path(espeakng_loader.__file__).parent / "espeak-ng-data"
    if not (path / "phontab").is_file():
        raise CrosstalkError(f"no eSpeak NG data at {path}: {REMEDY}")
    return path


@lru_cache(maxsize=1)
def voices() -> dict[str, str]:
    """Every eSpeak voice by its language tag (``en-us``), with its file below ``lang/``.

    Points ``phonemizer`` at the wheel's library on the way.

    Raises
    ------
    CrosstalkError
        the library is missing, or cannot be loaded.

    """
    EspeakWrapper.set_library(str(library_path()))
    EspeakWrapper.set_data_path(str(data_path()))
    try:
        listed = EspeakWrapper().available_voices()
    except (RuntimeError, OSError) as error:
        raise CrosstalkError(f"eSpeak NG does not load ({error}): {REMEDY}") from error
    return {voice.language: voice.identifier for voice in listed}


@lru_cache(maxsize=1)
def languages() -> dict[str, str]:
    """ISO 639-1 code -> eSpeak voice, for every two-letter language that eSpeak speaks."""
    known = voices()
    table = {tag: tag for tag in known if len(tag) == 2}
    table |= {code: tag for code, tag in RENAMED.items() if tag in known}
    return dict(sorted(table.items()))


def voice_of(language: str) -> str:
    """Name the eSpeak voice for an ISO 639-1 code.

    Raises
    ------
    ParameterError
        eSpeak does not speak the language.

    """
    known = languages()
    if language not in known:
        near = get_close_matches(language, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(
            f"unknown language {language!r}: {hint}eSpeak NG speaks {' '.join(known)}"
        )
    return known[language]

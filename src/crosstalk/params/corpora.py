"""Parameters of the corpora: which languages of each source, and what counts as a good recording.

A source may hold more languages than the defaults name; the valid ones are those of the pinned
release.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from crosstalk.params.section import Section

# ISO 639-1 code -> locale of the catalogue that stands for the language. Where a language has
# several (pt, zh, sr) it is the most complete one; Norwegian is Bokmål.
WESNOTH_LOCALES = {
    **{
        code: code
        for code in (
            "af ar bg ca cs da de el eo es et eu fi fr ga gd gl he hr hu id is it ja ko la lt lv mk"
            " mr my nl pl ro ru sk sl sr sv tl tr uk vi"
        ).split()
    },
    "no": "nb_NO",
    "pt": "pt_BR",
    "zh": "zh_CN",
}
TUXPAINT_SPOKEN = tuple("be bg ca da el en es fr lt nl ro ru".split())
ASTERISK_LANGUAGES = ("en", "es", "fr", "it", "ru")
QURAN_LANGUAGES = tuple("ar bn en es fr id ru sv tr ur zh".split())
FREEDICT_PAIRS = ("deu-eng", "eng-deu", "eng-fra", "fra-eng")


def _among(valid: Iterable[str]) -> AfterValidator:
    """Accept distinct values of a closed list, and say what is near to another."""
    known = sorted(valid)

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in known:
                near = difflib.get_close_matches(value, known, n=1, cutoff=0.4)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ValueError(f"{value!r} is unknown; {hint}valid: {' '.join(known)}")
        if len(set(values)) != len(values):
            raise ValueError(f"{' '.join(values)} names one twice")
        return values

    return AfterValidator(check)


class SplitParams(Section):
    """How the 100 folds are shared out; see `crosstalk.corpora.splits`."""

    dev_percent: int = Field(5, ge=1, le=40)
    """Folds for development (LibriSpeech's share of its read hours is similar)."""
    test_percent: int = Field(10, ge=1, le=40)
    """Folds for testing; a tenth of 17 k messages keeps a 95 % interval below ± 2.5 points."""


class WesnothParams(Section):
    """Battle for Wesnoth catalogues."""

    languages: Annotated[tuple[str, ...], _among({"en", *WESNOTH_LOCALES})] = Field(
        tuple("bg ca cs de el en es fr it ja pl pt ru tr zh".split()), min_length=1
    )
    """ISO 639-1 codes; `en` is the messages themselves."""


class QuranParams(Section):
    """Quran text and translations."""

    languages: Annotated[tuple[str, ...], _among(QURAN_LANGUAGES)] = Field(
        QURAN_LANGUAGES, min_length=1
    )
    """ISO 639-1 codes; `ar` is the original."""


class FreeDictParams(Section):
    """FreeDict bilingual dictionaries."""

    pairs: Annotated[tuple[str, ...], _among(FREEDICT_PAIRS)] = Field(FREEDICT_PAIRS, min_length=1)
    """Dictionaries, as ISO 639-3 source-target."""


class RecordingChecks(Section):
    """What a recording must be to be kept; the rest is listed in `rejected.csv`."""

    min_seconds: float = Field(0.2, gt=0)
    """Shorter ones cannot hold a word."""
    silence_dbfs: float = Field(-50.0, lt=0)
    """Loudest 25 ms, relative to full scale, below which a recording counts as silent."""
    min_phones_per_second: float = Field(2.0, ge=0)
    """Slower than this, most of the recording is not its transcript."""
    max_phones_per_second: float = Field(22.0, gt=0)
    """Faster than this, the recording holds only a part of its transcript."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_phones_per_second >= self.max_phones_per_second:
            raise ValueError(
                f"min_phones_per_second {self.min_phones_per_second} must be less than "
                f"max_phones_per_second {self.max_phones_per_second}"
            )
        return self


class TuxPaintParams(Section):
    """Tux Paint stamps: recordings, captions, pictures."""

    languages: Annotated[tuple[str, ...], _among(TUXPAINT_SPOKEN)] = Field(
        TUXPAINT_SPOKEN, min_length=1
    )
    """Languages of the recordings (captions are kept in every language)."""
    picture_pixels: int = Field(64, ge=16, le=512)
    """Side of the square pictures."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""


class AsteriskParams(Section):
    """Asterisk prompts."""

    languages: Annotated[tuple[str, ...], _among(ASTERISK_LANGUAGES)] = Field(
        ASTERISK_LANGUAGES, min_length=1
    )
    """ISO 639-1 codes."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""


class CorporaParams(Section):
    """All sources."""

    splits: SplitParams = SplitParams()
    """Shares of development and test data."""
    wesnoth: WesnothParams = WesnothParams()
    """Text of a game, in many languages."""
    quran: QuranParams = QuranParams()
    """Verses, in many languages."""
    freedict: FreeDictParams = FreeDictParams()
    """Dictionaries for evaluation."""
    tuxpaint: TuxPaintParams = TuxPaintParams()
    """Spoken captions of pictures."""
    asterisk: AsteriskParams = AsteriskParams()
    """Telephone prompts."""

"""Parameters of Tux Paint's stamps, and what any human recording must be to be kept."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from crosstalk.params.choices import among
from crosstalk.params.section import Section

TUXPAINT_LANGUAGES = ("be", "bg", "ca", "da", "el", "en", "es", "fr", "lt", "nl", "ro", "ru")


class RecordingChecks(Section):
    """What a recording must be to be kept; the rest is listed in `rejected.csv`."""

    min_seconds: float = Field(0.2, gt=0)
    """Shorter ones cannot hold a word."""
    silence_dbfs: float = Field(-50.0, lt=0)
    """Loudest 25 ms, relative to full scale, below which a recording counts as silent."""
    floor_db: float = Field(35.0, gt=0)
    """What is this much quieter than the loudest 25 ms is a pause."""
    max_pause_seconds: float = Field(0.3, gt=0)
    """A longer pause within the speech counts as this long; at both ends, pauses do not count."""
    min_phones_per_second: float = Field(1.5, ge=0)
    """Slower than this, most of the recording is not its transcript. A vowel said alone, the
    slowest there is (English letters of Asterisk), lasts up to 0.65 s."""
    max_phones_per_second: float = Field(20.0, gt=0)
    """Faster than this, the recording holds only a part of its transcript. Readers of both sources
    have medians of 7 to 14 and thin out at 18; beyond 20 are mostly letters read without the words
    around them, and recordings that break off."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_phones_per_second >= self.max_phones_per_second:
            raise ValueError(
                f"min_phones_per_second {self.min_phones_per_second} must be less than "
                f"max_phones_per_second {self.max_phones_per_second}"
            )
        return self


class TuxpaintParams(Section):
    """Tux Paint stamps: recordings, captions, pictures."""

    languages: Annotated[tuple[str, ...], among(TUXPAINT_LANGUAGES)] = Field(
        TUXPAINT_LANGUAGES, min_length=1
    )
    """ISO 639-1 codes of the recordings (captions are kept in every language)."""
    picture_pixels: int = Field(64, ge=16, le=512)
    """Side of the square pictures."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""

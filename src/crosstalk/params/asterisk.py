"""Parameters of the Asterisk prompts."""

from typing import Annotated

from pydantic import Field

from crosstalk.params.choices import among
from crosstalk.params.section import Section
from crosstalk.params.tuxpaint import RecordingChecks

ASTERISK_LANGUAGES = ("en", "es", "fr", "it", "ru")


class AsteriskParams(Section):
    """Asterisk core sounds: telephone prompts and their transcripts."""

    languages: Annotated[tuple[str, ...], among(ASTERISK_LANGUAGES)] = Field(
        ASTERISK_LANGUAGES, min_length=1
    )
    """ISO 639-1 codes."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""

"""Parameters of KLettres."""

from typing import Annotated

from pydantic import Field

from crosstalk.params.choices import among
from crosstalk.params.section import Section
from crosstalk.params.tuxpaint import RecordingChecks

KLETTRES_LANGUAGES = tuple(
    "ar cs da de en en_GB es fr he hu it lt ml nb nds nl pt_BR ru tn uk".split()  # noqa: SIM905
)


class KlettresParams(Section):
    """KLettres: spoken letters and syllables."""

    languages: Annotated[tuple[str, ...], among(KLETTRES_LANGUAGES)] = Field(
        KLETTRES_LANGUAGES, min_length=1
    )
    """Codes of the recordings; en_GB and pt_BR are speakers of en and pt."""
    untranscribed: Annotated[tuple[str, ...], among(KLETTRES_LANGUAGES)] = ("he", "nds")
    """Languages kept as speech alone: Hebrew is written without its vowels, and eSpeak NG has no
    Low German."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""

"""Parameters of KTuberling."""

from typing import Annotated

from pydantic import Field

from crosstalk.params.choices import among
from crosstalk.params.section import Section
from crosstalk.params.tuxpaint import RecordingChecks

KTUBERLING_LANGUAGES = tuple(
    "ca da de el en es fi fr ga gl it lt nds nl nn pt ro ru sl sr sv uk wa".split()  # noqa: SIM905
)


class KtuberlingParams(Section):
    """KTuberling: spoken names of objects."""

    languages: Annotated[tuple[str, ...], among(KTUBERLING_LANGUAGES)] = Field(
        KTUBERLING_LANGUAGES, min_length=1
    )
    """Codes of the recordings; only `en` has transcripts, the others are speech alone."""
    checks: RecordingChecks = RecordingChecks()
    """Limits."""

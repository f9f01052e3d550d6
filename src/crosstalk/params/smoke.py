"""Parameters of the archives that stand for the real ones at smoke scale."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class SmokeParams(Section):
    """Synthesised speech, drawn pictures and texts of the repository in the real layouts."""

    spoken_captions: Annotated[tuple[Language, ...], distinct] = Field(
        ("en", "es", "fr", "ru"), min_length=1
    )
    """Languages in which the captions of the pictures are recorded."""
    picture_pixels: int = Field(96, ge=16, le=512)
    """Side of the square pictures."""
    words_per_minute: int = Field(150, ge=80, le=450)
    """Rate of the synthesised voices; eSpeak NG's own is 175."""

"""Parameters of the Quran translations."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class QuranParams(Section):
    """Quran: one message a verse, parallel in all languages."""

    languages: Annotated[tuple[Language, ...], distinct] = Field(
        ("ar", "bn", "en", "es", "fr", "id", "ru", "sv", "tr", "ur", "zh"), min_length=1
    )
    """ISO 639-1 codes; `ar` is the original."""

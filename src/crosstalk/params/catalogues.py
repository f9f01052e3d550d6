"""Parameters of the program catalogues."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from crosstalk.params.choices import among
from crosstalk.params.section import Section

TRANSLATED = ("bg", "de", "el", "es", "fr")


class CataloguesParams(Section):
    """LibreOffice, GIMP, Inkscape, GnuCash and Evolution: what their interfaces say."""

    languages: Annotated[tuple[str, ...], among({"en", *TRANSLATED})] = Field(
        ("bg", "de", "el", "en", "es", "fr"), min_length=1
    )
    """ISO 639-1 codes; `en` is the messages themselves. The languages of Cao et al. 2020."""
    min_words: int = Field(3, ge=1)
    """Messages with fewer English words are left out: labels of one or two say little."""
    max_words: int = Field(40, ge=1)
    """Messages with more English words are left out."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words={self.min_words} exceeds max_words={self.max_words}")
        return self

"""Parameters of the Wesnoth catalogues."""

from typing import Annotated

from pydantic import Field

from crosstalk.params.choices import among
from crosstalk.params.section import Section

_OWN_LOCALE = (
    "af ar bg ca cs da de el eo es et eu fi fr ga gd gl he hr hu id is it ja ko la lt lv mk mr my "
    "nl pl ro ru sk sl sr sv tl tr uk vi"
)
# ISO 639-1 code -> the catalogue that stands for the language. Where a language has several it is
# the most complete one: Brazilian Portuguese, simplified Chinese, Cyrillic Serbian.
LOCALES = {language: language for language in _OWN_LOCALE.split(" ")}
LOCALES |= {"no": "nb_NO", "pt": "pt_BR", "zh": "zh_CN"}


class WesnothParams(Section):
    """Battle for Wesnoth: story, dialogue, help and interface, translated by volunteers."""

    languages: Annotated[tuple[str, ...], among({"en", *LOCALES})] = Field(
        ("bg", "ca", "cs", "de", "el", "en", "es", "fr", "it", "pl", "pt", "ru", "tr"),
        min_length=1,
    )
    """ISO 639-1 codes; `en` is the messages themselves. The defaults are those of which a third or
    more is translated and whose words are written apart."""

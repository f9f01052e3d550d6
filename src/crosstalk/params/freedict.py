"""Parameters of the FreeDict dictionaries."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section

Pair = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[a-z]{2}$")]


class FreedictParams(Section):
    """Bilingual dictionaries, of which the entries of one word are kept."""

    pairs: Annotated[tuple[Pair, ...], distinct] = Field(
        ("de-en", "en-de", "en-fr", "fr-en"), min_length=1
    )
    """Source and target language as ISO 639-1 codes."""

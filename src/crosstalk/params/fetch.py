"""What a fetching rule is given: one archive of a corpus and the places that deliver it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from crosstalk.params.section import Section

DebianSpec = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+=[0-9][0-9A-Za-z.+:~-]*$")
]
NpmSpec = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*@[0-9][0-9A-Za-z.+-]*$")]
PypiSpec = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*==[0-9][0-9A-Za-z.+!]*$")
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ArchiveName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*\.archive$")]


class Origin(Section):
    """One place that delivers an archive: exactly one of its four kinds."""

    debian: DebianSpec | None = None
    """Binary package as ``name=version``."""
    npm: NpmSpec | None = None
    """Package as ``name@version``."""
    pypi: PypiSpec | None = None
    """Wheel for every machine, as ``name==version``."""
    url: Url | None = None
    """Upstream release."""
    sha256: Sha256
    """Of the file that this origin delivers: the same release is packed differently elsewhere."""

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if sum(place is not None for place in self._places()) != 1:
            raise ValueError("an origin has exactly one of debian, npm, pypi and url")
        return self

    def _places(self) -> tuple[str | None, ...]:
        return self.debian, self.npm, self.pypi, self.url


class FetchParams(Section):
    """One archive. Readers know it by its neutral name, whichever origin delivered it."""

    name: ArchiveName
    """File name under ``data/raw/<source>/``; unique among all sources."""
    bytes: int = Field(gt=0)
    """Size of what the first origin delivers."""
    origins: tuple[Origin, ...] = Field(min_length=1)
    """Tried in this order, after a local mirror folder."""

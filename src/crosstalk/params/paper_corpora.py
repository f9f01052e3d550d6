"""What is known of a paper's own corpus: where it comes from, how large it is, who may have it."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from crosstalk.params.choices import distinct
from crosstalk.params.fetch import Sha256, Url
from crosstalk.params.section import Section

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Md5 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
PaperName = Literal["chung2018", "cao2020", "conneau2020", "cruzblandon2025"]
Kind = Literal["speech", "alignments", "pictures", "text", "dictionary", "splits", "model"]

HOURS_A_FILE = 200


class LargeArchive(Section):
    """One file of a corpus at its official home.

    At most one checksum is given, the best that its makers or a maintained library publish. Where
    nobody publishes any, the length that the server announces is all that can be checked, and the
    run record keeps the SHA-256 of what came.
    """

    name: FileName
    """File name under ``data/raw/paper/<corpus>/``."""
    urls: tuple[Url, ...] = Field(min_length=1)
    """Tried in this order, after a local mirror folder; all hold the same bytes."""
    bytes: int = Field(gt=0)
    """Size; round where no checksum stands beside it."""
    sha256: Sha256 | None = None
    md5: Md5 | None = None
    md5_list: Url | None = None
    """A published list, as ``md5sum`` writes it, that has a line for the archive."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [known for known in (self.sha256, self.md5, self.md5_list) if known]
        if len(given) > 1:
            raise ValueError("give one of sha256, md5 and md5_list")
        if not given and len(self.urls) > 1:
            raise ValueError("several urls need a checksum: a cut download goes on from the next")
        return self


class Dataset(Section):
    """A data set that a service hands out to those who hold a key."""

    service: Url
    """Where download sessions are opened: ``<service>/datasets/<dataset>/download``."""
    dataset: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
    """The last part of the address of the data set's page."""
    key: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    """Environment variable that holds the key."""


class Part(Section):
    """A part of a corpus that one job prepares: a language, or a subset."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] = "en"
    """ISO 639-1 code (639-3 where there is none)."""
    archives: Annotated[tuple[FileName, ...], distinct] = ()
    """Which archives hold it; none where the corpus is a folder of the user's."""
    folder: str = ""
    """Where it lies in the user's folder or in the unpacked archives, relative."""
    split: Literal["train", "dev", "test"] | None = None
    """Official split, where the whole part belongs to one."""
    hours: float = Field(0.0, ge=0)
    """Length, for speech."""

    @property
    def files(self) -> int:
        """How many FLAC files hold it: the format counts samples in 36 bits, 1,193 hours."""
        return max(1, math.ceil(self.hours / HOURS_A_FILE))


class PaperCorpus(Section):
    """A corpus that a paper used, as its makers publish it."""

    title: str = Field(min_length=1)
    kind: Kind
    papers: Annotated[tuple[PaperName, ...], distinct]
    """Which papers need it."""
    home: str = Field(pattern=r"^https?://")
    licence: str = Field(min_length=1)
    """SPDX expression; ``LicenseRef-…`` where there is none."""
    citation: str = Field(min_length=1)
    amount: str = Field(min_length=1)
    """Hours, sentences or pairs, for a person."""
    obtain: Literal["download", "folder", "key", "hub"]
    """``download``: from its home, by anyone. ``folder``: the user has it. ``key``: from a service,
    with a key. ``hub``: a model, by its name and revision."""
    steps: str = ""
    """What a person must do first: accept terms, ask for a licence, run another program."""
    archives: tuple[LargeArchive, ...] = ()
    parts: dict[str, Part] = {}
    """What is prepared, by name; empty where the archives are used as they are."""
    bytes: int = Field(0, ge=0)
    """Size of a user's folder or a model, round; archives say their own."""
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    """Commit of a model of the hub."""
    service: Url | None = None
    key: str | None = None
    """As in `Dataset`, for corpora that a key opens."""
    datasets: dict[str, str] = {}
    """Data sets of the service by part; a part without one is looked for in the user's folder."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.obtain == "download") != bool(self.archives):
            raise ValueError("just those corpora that are downloaded have archives")
        if self.obtain != "download" and not self.steps:
            raise ValueError("what is not simply downloaded needs steps")
        if (self.obtain == "key") != (self.service is not None and self.key is not None):
            raise ValueError("just those corpora that a key opens have service and key")
        if (self.obtain == "hub") != (self.revision is not None):
            raise ValueError("just the models of the hub have a revision")
        held = {archive.name for archive in self.archives}
        for name, part in self.parts.items():
            if missing := sorted(set(part.archives) - held):
                raise ValueError(f"part {name} names no archive of the corpus: {missing[0]}")
        if unknown := sorted(set(self.datasets) - set(self.parts)):
            raise ValueError(f"datasets name no part of the corpus: {unknown[0]}")
        return self

    @property
    def download_bytes(self) -> int:
        """What arrives over the network or from a disc, in bytes."""
        return sum(archive.bytes for archive in self.archives) or self.bytes

"""The registry of corpora: where each comes from, who made it, and under which licence."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from crosstalk.errors import ParameterError
from crosstalk.params.fetch import FetchParams
from crosstalk.params.invalid import describe
from crosstalk.params.section import Section
from crosstalk.yamlfile import read_yaml

Kind = Literal["speech", "text", "dictionary", "links"]


class Source(Section):
    """A corpus as its makers publish it, in one or more archives."""

    title: str = Field(min_length=1)
    kind: Kind
    home: str = Field(pattern=r"^(https?|ftp)://")
    """Page of the project that makes it."""
    licence: str = Field(min_length=1)
    """SPDX expression."""
    citation: str = Field(min_length=1)
    """Who to credit, in one line."""
    archives: tuple[FetchParams, ...] = Field(min_length=1)

    def archive(self, name: str) -> FetchParams:
        """Raise ParameterError if there is no archive of that name."""
        return look_up({archive.name: archive for archive in self.archives}, name, "an archive")


class Registry(Section):
    """All sources by name."""

    sources: dict[str, Source] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_unique_archives(self) -> Self:
        counts = Counter(a.name for source in self.sources.values() for a in source.archives)
        repeated = sorted(name for name, count in counts.items() if count > 1)
        if repeated:
            raise ValueError(f"archive names must be unique: {', '.join(repeated)}")
        return self

    def source(self, name: str) -> Source:
        """Raise ParameterError if there is no source of that name."""
        return look_up(self.sources, name, "a source")


def load_registry(path: Path) -> Registry:
    """Read and check the registry; raise ParameterError with one line if it is wrong."""
    return read_section(path, Registry)


def read_section[S: Section](path: Path, kind: type[S]) -> S:
    """Read a YAML file as a section; raise ParameterError with one line if it is wrong."""
    try:
        return kind.model_validate(read_yaml(path))
    except ValidationError as error:
        first, *rest = error.errors()
        more = f" (and {len(rest)} more)" if rest else ""
        raise ParameterError(f"{path}: {describe(first)}{more}") from error


def look_up[T](entries: dict[str, T], name: str, what: str) -> T:
    """Return an entry; raise ParameterError that names the nearest if there is none."""
    if name in entries:
        return entries[name]
    nearest = difflib.get_close_matches(name, entries, n=1, cutoff=0.4) or [", ".join(entries)]
    raise ParameterError(f"{name!r} is not {what} of the registry; nearest: {nearest[0]}")

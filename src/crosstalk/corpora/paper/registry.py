"""The registry of the papers' own corpora, and what of them is still missing on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field

from crosstalk.corpora.registry import look_up, read_section
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Dataset, LargeArchive, PaperCorpus
from crosstalk.params.section import Section

FOLDERS = "CROSSTALK_CORPORA"
"""Environment variable: a folder with one folder a corpus that only its user may have. It belongs
to a machine and not to an experiment, so it is no parameter."""


class PaperRegistry(Section):
    """All corpora by name."""

    corpora: dict[str, PaperCorpus] = Field(min_length=1)

    def corpus(self, name: str) -> PaperCorpus:
        """Raise ParameterError if there is no corpus of that name."""
        return look_up(self.corpora, name, "a corpus")

    def archive(self, corpus: str, name: str) -> LargeArchive:
        """Raise ParameterError if the corpus has no archive of that name."""
        archives = {archive.name: archive for archive in self.corpus(corpus).archives}
        return look_up(archives, name, f"an archive of {corpus}")

    def dataset(self, corpus: str, part: str) -> Dataset:
        """Raise ParameterError if the part has no data set."""
        entry = self.corpus(corpus)
        name = look_up(entry.datasets, part, f"a data set of {corpus}")
        return Dataset(service=str(entry.service), dataset=name, key=str(entry.key))


def load_paper_registry(path: Path) -> PaperRegistry:
    """Read and check the registry; raise ParameterError with one line if it is wrong."""
    return read_section(path, PaperRegistry)


def users_folder(*below: str) -> Path:
    """Where the user's own copy of a corpus, or of what is below, lies or would lie."""
    return Path(os.environ.get(FOLDERS) or "corpora", *below)


def find_missing(registry: PaperRegistry, wanted: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield one line for each corpus that work would stop at, with the step that helps.

    ``wanted`` are pairs of a corpus and a part, which may be empty. Nothing is downloaded or
    opened: keys must be set, and folders must hold something.
    """
    lacking: dict[str, dict[str, None]] = {}
    for name, part in wanted:
        corpus = registry.corpus(name)
        if part in corpus.datasets:
            if not os.environ.get(str(corpus.key)):
                lacking.setdefault(name, {})[f"the key {corpus.key}"] = None
        elif corpus.obtain in ("folder", "key"):
            folder = users_folder(name, corpus.parts[part].folder if part else "")
            if not folder.is_dir() or not any(folder.iterdir()):
                lacking.setdefault(name, {})[str(folder)] = None
    for name, things in lacking.items():
        yield f"{name} needs {', '.join(things)}: {registry.corpus(name).steps}"


def require(registry: PaperRegistry, wanted: Iterable[tuple[str, str]]) -> None:
    """Raise DataError that names everything missing, in one line."""
    if missing := list(find_missing(registry, wanted)):
        said = " ".join(" ".join(missing).split())
        raise DataError(f"{said} ({FOLDERS} names the folder above those of the corpora.)")

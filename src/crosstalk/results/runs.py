"""Run records as files: what every finished job left behind (see `crosstalk.records`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from crosstalk.errors import DataError

CORPORA, SHARED = "corpora", "shared"


def read_run(path: Path) -> dict[str, Any]:
    """Read one run record; its own path is added as ``record``."""
    try:
        return json.loads(path.read_text()) | {"record": path.as_posix()}
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} is not a run record: delete it and run again") from error


def paper_of(record: str) -> str:
    """The paper a record belongs to, by its place: ``results/<scale>/<paper>/runs/``."""
    match PurePath(record).parts:
        case ("results", _, "runs", *_):
            return SHARED
        case ("results", _, paper, *_):
            return paper
        case _:
            return CORPORA


def files_of(entries: Mapping[str, list[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Path and SHA-256 of every file among a record's inputs or outputs."""
    return [(file["path"], file["sha256"]) for files in entries.values() for file in files]

"""From a table back to raw data, over the run records: does every link still stand?

A link is a file that a job, the registry or git provides and another job used. It stands if the
file is what was recorded on both sides, or is absent but recorded: intermediates may be deleted,
and a clone holds none. Nothing is run again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crosstalk.corpora.registry import Registry
from crosstalk.digest import file_digest
from crosstalk.errors import DataError
from crosstalk.records import sources_digest
from crosstalk.results.runs import files_of

STANDS, ABSENT, BROKEN = "stands", "absent but recorded", "broken"
ARCHIVE, REPOSITORY, NOBODY = "registry of corpora", "repository", "nobody"
TOLERANCE = 1e-4
"""Tables and metrics are written with four decimals."""


@dataclass(frozen=True)
class Link:
    """A file on the way from a table to raw data; ``maker`` is a run record, or who holds it."""

    path: str
    maker: str
    state: str
    why: str = ""
    damaged: bool = False
    """Its bytes are not those that were made: deleted, it is made again as it was."""


class Ledger:
    """All run records of a scale, the archives of the registry, and the files as they are now."""

    def __init__(self, runs: Iterable[Mapping[str, Any]], registry: Registry) -> None:
        self._made: dict[str, tuple[str, str]] = {}
        self._inputs: dict[str, list[tuple[str, str]]] = {}
        for run in sorted(runs, key=lambda run: run["started"]):  # the newest maker counts
            self._inputs[run["record"]] = files_of(run["inputs"])
            self._made |= {path: (run["record"], sha) for path, sha in files_of(run["outputs"])}
        self._pinned = {
            f"data/raw/{name}/{archive.name}": {origin.sha256 for origin in archive.origins}
            for name, source in registry.sources.items()
            for archive in source.archives
        }
        self._digests: dict[str, str] = {}

    def walk(self, target: str) -> Iterator[Link]:
        """Yield every link behind a file, the nearest first."""
        waiting: deque[tuple[str, str | None, str]] = deque([(target, None, "")])
        seen = set()
        while waiting:
            path, used, user = waiting.popleft()
            if (path, used) not in seen:
                seen.add((path, used))
                link = self._link(path, used, user)
                yield link
                waiting.extend((*file, link.maker) for file in self._inputs.get(link.maker, []))

    def _link(self, path: str, used: str | None, user: str) -> Link:
        """``used``: the checksum that the job with the record ``user`` found, if a job did."""
        if path in self._made:
            maker, made = self._made[path]
            if used not in (None, made):
                return Link(path, maker, BROKEN, f"made anew since {user} used it: run again")
            wrong = "not the file that its record describes: delete it and run again"
        elif path in self._pinned:
            maker, made = ARCHIVE, used
            if used not in self._pinned[path]:
                return Link(path, maker, BROKEN, f"{user} used an archive that is not pinned")
            wrong = "not the archive that was used: delete it and run again"
        elif path.startswith("workflow/") and used:
            maker, made = REPOSITORY, used
            wrong = f"missing or changed since {user} used it: restore it, or run again"
            if not Path(path).exists():
                return Link(path, maker, BROKEN, wrong)
        else:
            return Link(path, NOBODY, BROKEN, "no record says what made it: run again")
        if not Path(path).exists():
            return Link(path, maker, ABSENT)
        if self._digest(path) != made:
            return Link(path, maker, BROKEN, wrong, damaged=maker != REPOSITORY)
        return Link(path, maker, STANDS)

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = file_digest(Path(path))
        return self._digests[path]


def find_records(scale: str) -> list[Path]:
    """Run records of a scale, and of the corpora that it is made from."""
    data = Path("data/smoke" if scale == "smoke" else "data")
    return [
        *sorted(Path("results", scale).glob("**/runs/*.json")),
        *sorted((data / "records").rglob("*.json")),
    ]


def made_by_other_code(runs: Iterable[Mapping[str, Any]], modules: Mapping[str, str]) -> list[str]:
    """Records whose stage runs other sources now than when it wrote them.

    ``modules``: the module of each stage. The sources may be reworded or mended; what they would
    make now is not known before they run.
    """
    now = {stage: sources_digest(module) for stage, module in modules.items()}
    return sorted(run["record"] for run in runs if run["code"]["sources"] != now.get(run["stage"]))


def cell_of(table: Path, row: str, column: str) -> float | str:
    """Return a value of ours from a table, once it is shown to be the one of the metrics.

    A table of words or counts has no metrics, and its cell is text. Its ``row`` is named by as many
    of the first cells as it takes, with spaces between them.

    Raises
    ------
    DataError
        If the table has no such value, or the metrics have another.

    """
    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    if "ours" not in frame.columns:
        return _plain_cell(table, frame, row, column)
    here = frame["row"].eq(row) & frame["column"].eq(column) & frame["ours"].ne("")
    if here.sum() != 1:
        raise DataError(f"{table} has no value in row {row!r}, column {column!r}")
    value = float(frame.loc[here, "ours"].iloc[0])
    source = table.parent.parent / "metrics.csv"
    metrics = pd.read_csv(source, dtype=str)
    key = {"table": table.stem, "row": row, "column": column, "seed": "all"}
    measured = metrics.loc[(metrics[list(key)] == pd.Series(key)).all(axis=1), "value"]
    if len(measured) != 1 or abs(float(measured.iloc[0]) - value) > TOLERANCE:
        raise DataError(f"{table}: {row!r}, {column!r} is {value}, which is not in {source}")
    return value


def _plain_cell(table: Path, frame: pd.DataFrame, row: str, column: str) -> str:
    if column not in frame.columns:
        raise DataError(f"{table} has no column {column!r}; it has {', '.join(frame.columns)}")
    for count in range(1, len(frame.columns)):
        here = frame.iloc[:, :count].agg(" ".join, axis=1).eq(row)
        if here.sum() == 1:
            return frame.loc[here, column].iloc[0]
    example = " ".join(frame.iloc[0, :2])
    raise DataError(f"{table} has not one row {row!r}: name it by its first cells, as {example!r}")

"""The papers' own numbers and claims, as data with their source."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from crosstalk.errors import DataError
from crosstalk.params.section import Section
from crosstalk.yamlfile import read_yaml


class OurColumn(Section):
    """A column that we measure and the paper's column, if any, that stands beside it."""

    beside: str = ""
    name: str = ""
    """What the reader sees, where the column's own name says too much."""
    note: str


class Unmeasured(Section):
    """Why a row or a column of the paper has no value of ours."""

    rows: dict[str, str] = {}
    columns: dict[str, str] = {}


class ReferenceTable(Section):
    """One table of a paper: its printed values and the layout of ours beside them."""

    title: str
    source: str
    metric: str
    unit: str
    decimals: int
    resampled: str = ""
    """What intervals resample besides seeds; nothing said means that the table has none."""
    columns: list[str]
    rows: dict[str, list[float | None]]
    labels: dict[str, str]
    controls: list[str] = []
    ours: dict[str, OurColumn]
    figure: list[str] = []
    """Columns that the figure draws, one panel each, if they are measured; none named means all."""
    unmeasured: Unmeasured = Unmeasured()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for row, values in self.rows.items():
            if len(values) != len(self.columns):
                raise ValueError(
                    f"row {row} has {len(values)} values for {len(self.columns)} columns"
                )
        if set(self.labels) != {*self.rows, *self.controls}:
            raise ValueError("labels must name every row and every control, and nothing else")
        besides = {column.beside for column in self.ours.values()} - {""}
        known = {*self.ours, *self.columns}
        if not besides <= set(self.columns) or not set(self.figure) <= known:
            raise ValueError("beside must name a column of the paper, figure columns of the table")
        return self

    def published(self, row: str, column: str) -> float | None:
        """Return the paper's value, or None for a cell that it leaves empty."""
        if row not in self.rows or column not in self.columns:
            return None
        return self.rows[row][self.columns.index(column)]

    def is_control(self, row: str) -> bool:
        """Whether a row of ours stands among rows of the paper; alone, ours are just rows."""
        return bool(self.rows) and row in self.controls


class Paper(Section):
    """Which paper a reference file transcribes."""

    id: str
    title: str
    authors: str
    source: str


class Reference(Section):
    """A paper's reference file."""

    paper: Paper
    tables: dict[str, ReferenceTable]


class Order(Section):
    row: str
    than: str


class Ratio(Section):
    of: str
    to: str
    at_least: float


class Premise(Order):
    """What has to hold before a comparison says anything, such as that a model beats its input."""

    table: str
    column: str


class Claim(Section):
    """A claim as a testable statement: exactly one of ``above`` and ``ratio``."""

    id: str
    statement: str
    origin: Literal["paper", "ours"] = "paper"
    """Who says it; ours are about controls that the paper lacks."""
    paper_value: str
    table: str
    column: str
    against: str = ""
    """Column of the second row, where that is another."""
    above: Order | None = None
    ratio: Ratio | None = None
    provided: list[Premise] = []
    needs: str = ""

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.above is None) == (self.ratio is None):
            raise ValueError(f"claim {self.id} needs exactly one of: above, ratio")
        return self


def read_reference(path: Path) -> Reference:
    """Read a paper's reference file; raises DataError naming the key that is wrong."""
    return _validated(Reference, read_yaml(path), path)


def read_claims(path: Path) -> dict[str, list[Claim]]:
    """Read the claims of every paper."""
    return {
        paper: [_validated(Claim, claim, path) for claim in claims]
        for paper, claims in read_yaml(path).items()
    }


def _validated[S: Section](model: type[S], value: object, path: Path) -> S:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}: {where}: {first['msg']}") from error

"""Figures of tables, whatever a scale leaves empty."""

from pathlib import Path

import pandas as pd
import pytest

from crosstalk.params.present import PresentParams
from crosstalk.results import figures
from crosstalk.results.contextual import plot_sizes
from crosstalk.results.figures import plot_tables
from crosstalk.results.metrics import METRICS, pooled
from crosstalk.results.reference import read_reference
from crosstalk.results.tables import long_table

REFERENCE = Path("workflow/reference/conneau2020.yaml")


@pytest.mark.parametrize("table", ["table_1", "table_6"])
def test_a_table_without_measurements_is_drawn(tmp_path, table):
    """Table 1 has the paper's values; of Table 6 there are none either."""
    layout = read_reference(REFERENCE).tables[table]
    measured = pooled(pd.DataFrame(columns=list(METRICS.columns))).droplevel(0)
    csv, png, pdf = (tmp_path / f"table.{kind}" for kind in ("csv", "png", "pdf"))
    long_table(layout, measured, "smoke").to_csv(csv, index=False)
    plot_tables(
        cfg=PresentParams(dpi=50),
        tables=[table],
        csv=[csv],
        reference=REFERENCE,
        png=[png],
        pdf=[pdf],
    )
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("paper", "table", "cell", "title"),
    [
        ("conneau2020", "table_1", ("XLSR-10", "ES"), "es"),
        ("chung2018", "segmentation", ("C", "ENw F1"), "ENw F1"),
        # On the paper's own corpora: Table 3 names no columns for its figure, this one does.
        ("chung2018", "segmentation", ("C", "ENls F1"), "ENls F1"),
        ("chung2018", "table_3", ("A", "ENls-enls"), "ENls-enls"),
    ],
)
def test_columns_that_are_measured_and_no_others_have_a_panel(
    tmp_path, monkeypatch, paper, table, cell, title
):
    titles = []
    monkeypatch.setattr(
        figures, "save", lambda drawn, *_: titles.extend(axes.get_title() for axes in drawn.axes)
    )
    layout = read_reference(Path(f"workflow/reference/{paper}.yaml")).tables[table]
    values = {"value": 20.0, "ci_low": 19.0, "ci_high": 21.0, "n": 9, "seeds": 1}
    index = pd.MultiIndex.from_tuples([cell], names=["row", "column"])
    frame = long_table(layout, pd.DataFrame([values], index=index), "smoke")
    figures.plot_table(layout, frame, tmp_path / "t.png", tmp_path / "t.pdf", 50)
    assert titles == [title]


@pytest.mark.parametrize("name", ["{}", "XNLI {}"])
def test_amounts_of_data_are_drawn_on_whichever_corpora_they_were_measured(tmp_path, name):
    """The columns of the other are empty."""
    reference = Path("workflow/reference/cao2020.yaml")
    layout = read_reference(reference).tables["size"]
    columns = [name.format(x) for x in ("en", "bg", "de", "el", "es", "fr", "avg")]
    keys = [(row, c) for row in layout.labels for c in ("pairs", "word retrieval", *columns)]
    values = {"value": 50.0, "ci_low": 49.0, "ci_high": 51.0, "n": 100, "seeds": 1}
    index = pd.MultiIndex.from_tuples(keys, names=["row", "column"])
    measured = pd.DataFrame([values] * len(keys), index=index)
    csv, png, pdf = (tmp_path / f"size.{kind}" for kind in ("csv", "png", "pdf"))
    long_table(layout, measured, "paper").to_csv(csv, index=False)
    plot_sizes(cfg=PresentParams(dpi=50), amounts=csv, reference=reference, png=png, pdf=pdf)
    assert png.stat().st_size > 1000

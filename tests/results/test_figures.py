"""Figures of tables, whatever a scale leaves empty."""

from pathlib import Path

import pandas as pd
import pytest

from crosstalk.params.present import PresentParams
from crosstalk.results import figures, ladder
from crosstalk.results.contextual import plot_sizes
from crosstalk.results.figures import plot_tables
from crosstalk.results.metrics import METRICS, pooled
from crosstalk.results.reference import read_reference
from crosstalk.results.style import CYCLE, distinct
from crosstalk.results.tables import long_table

REFERENCE = Path("workflow/reference/conneau2020.yaml")
LADDER = Path("workflow/reference/chung2018.yaml")


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


def test_no_name_is_left_without_a_look_and_no_two_share_one():
    names = [str(i) for i in range(2 * len(CYCLE))]
    looks = distinct(names, linestyle=("-", "--", ":"))
    assert list(looks) == names
    assert looks["0"] == {"linestyle": "-", "color": CYCLE[0]}
    assert len({tuple(look.values()) for look in looks.values()}) == len(names)
    with pytest.raises(ValueError, match="shorter"):
        distinct(names, linestyle=("-",))


def test_no_hatch_comes_before_any():
    looks = [look["hatch"] for look in distinct("abcdefgh", hatch=("", "//")).values()]
    assert looks == [""] * 7 + ["//"]


def test_every_rung_has_a_line_that_is_no_other_rungs(tmp_path, monkeypatch):
    labels = read_reference(LADDER).tables["ladder"].labels
    assert len(labels) > len(CYCLE)
    rows = [
        {"rung": rung, "pairs": pairs, "refined": refined, "metric": "csls"}
        for rung in labels
        for pairs in (25, 1000)
        for refined in (0, 1)
    ]
    summary = tmp_path / "summary.csv"
    pd.DataFrame(rows).assign(precision=0.1, low=0.0, high=0.2).to_csv(summary, index=False)
    seen = []

    def look(drawn, *_):
        for axes in drawn.axes:
            lines = [line for line in axes.get_lines() if len(line.get_xdata()) == 2]
            seen.append({(line.get_color(), line.get_linestyle()) for line in lines})
        seen.append([text.get_text() for text in drawn.legends[0].get_texts()])

    monkeypatch.setattr(ladder, "save", look)
    cfg = PresentParams(dpi=50)
    ladder.plot_supervision(
        cfg=cfg, summary=summary, reference=LADDER, png=tmp_path / "png", pdf=tmp_path / "pdf"
    )
    left, right, legend = seen
    assert len(left) == len(right) == len(labels)
    assert legend == list(labels.values())


def test_success_is_drawn_for_each_seed(tmp_path, monkeypatch):
    """Means of a half, of which one seed has all or each a half."""
    rows = [
        ("rotated", "adversarial", "0", 100.0), ("rotated", "adversarial", "1", 0.0),
        ("same_text", "wasserstein", "0", 50.0), ("same_text", "wasserstein", "1", 50.0),
        ("same_text", "wasserstein", "all", 50.0),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["row", "column", "seed", "value"])
    frame = frame.assign(table="success", ci_low=0.0, ci_high=100.0, n=2, seeds=1, unit="%")
    frame[list(METRICS.columns)].to_csv(tmp_path / "metrics.csv", index=False)
    pooled_cells = pd.DataFrame(
        [(row, column, 50.0, 0.0, 100.0) for row, column, *_ in (rows[0], rows[2])],
        columns=["row", "column", "ours", "ci_low", "ci_high"],
    )
    pooled_cells.to_csv(tmp_path / "cells.csv", index=False)
    dots = []

    def look(drawn, *_):
        lines = drawn.axes[1].get_lines()
        own = [line for line in lines if line.get_markerfacecolor() == "white"]
        dots.extend(value for line in own for value in line.get_xdata() if value == value)

    monkeypatch.setattr(ladder, "save", look)
    cells = tmp_path / "cells.csv"
    ladder.plot_ladder(
        cfg=PresentParams(dpi=50), ladder=cells, success=cells, metrics=tmp_path / "metrics.csv",
        reference=LADDER, png=tmp_path / "png", pdf=tmp_path / "pdf",
    )  # fmt: skip
    assert sorted(dots) == [0, 50, 50, 100]

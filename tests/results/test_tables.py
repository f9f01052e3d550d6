"""Tables and claims from a metrics file written by hand."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crosstalk.errors import DataError
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results import claims, reference, tables
from crosstalk.results.draws import read_draws, split_draws
from crosstalk.results.metrics import pooled, read_metrics

REFERENCE = Path("workflow/reference/chung2018.yaml")
CFG = EvaluationParams()
PAPERS = [path for path in sorted(REFERENCE.parent.glob("*.yaml")) if path.stem != "claims"]


def metrics_file(folder, rows):
    """``rows``: row name to (value, low, high)."""
    frame = pd.DataFrame(
        {
            "table": "table_3",
            "row": list(rows),
            "column": "ENw-enw",
            "seed": "all",
            "value": [value for value, _, _ in rows.values()],
            "ci_low": [low for _, low, _ in rows.values()],
            "ci_high": [high for _, _, high in rows.values()],
            "n": 100,
            "seeds": 3,
            "unit": "%",
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "metrics.csv", index=False)
    return folder / "metrics.csv"


def undrawn(metrics):
    """Pooled metrics of which no row has draws."""
    measured = pooled(metrics).join(claims.values_by_seed(metrics))
    return measured.assign(design=float("nan"), draws=float("nan"))


FIRST = reference.Claim(
    id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
    above={"row": "A*", "than": "Major-Word"},
)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    metrics = metrics_file(tmp_path, {"A*": (20, 18, 22), "Major-Word": (5, 4, 6)})
    paths = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "markdown", "latex", "html")}
    tables.write_tables(
        tables=["table_3"],
        scale="mini",
        level=0.9,
        metrics=metrics,
        reference=REFERENCE,
        **{kind: [path] for kind, path in paths.items()},
    )
    return paths


EVERY = [
    pytest.param(layout, id=f"{paper.paper.id}-{name}")
    for paper in map(reference.read_reference, PAPERS)
    for name, layout in paper.tables.items()
]


def measured(cells):
    values = {"value": 0.123, "ci_low": 0.1, "ci_high": 0.2, "n": 100, "seeds": 3}
    index = pd.MultiIndex.from_tuples(cells, names=["row", "column"])
    return pd.DataFrame([values] * len(cells), index=index)


@pytest.mark.parametrize("layout", EVERY)
def test_no_cell_is_silently_empty_or_there_twice(layout):
    first = (next(iter(layout.labels)), next(iter(layout.ours)))
    frame = tables.long_table(layout, measured([first]), "mini")
    assert frame.loc[frame["ours"].isna(), "note"].str.len().min() > 0
    own = [column for column in layout.columns if column not in layout.ours]
    cells = {(row, column) for row in layout.labels for column in layout.ours}
    cells |= {(row, column) for row in layout.rows for column in own}
    assert sorted(zip(frame["row"], frame["column"], strict=True)) == sorted(cells)


@pytest.mark.parametrize("layout", EVERY)
def test_a_table_shows_all_that_is_measured(layout):
    cells = [(row, column) for row in layout.labels for column in layout.ours]
    shown = tables.readable(layout, tables.long_table(layout, measured(cells), "mini"))
    ours = shown.drop(columns=["row", "system", "seeds", "note"])
    value = f"{0.123:.{layout.decimals}f}"
    assert ours.shape == (len(layout.labels), len(layout.ours))
    assert all(cell.startswith(value) for cell in ours.to_numpy().flat)
    assert set(shown["note"]) <= {"", tables.CONTROL}


def test_where_a_papers_column_is_measured_a_row_says_why_it_lacks():
    layout = reference.read_reference(REFERENCE.with_name("conneau2020.yaml")).tables["table_1"]
    frame = tables.long_table(layout, measured([("XLSR-10", "ky")]), "paper")
    notes = frame.set_index(["row", "column"])["note"]
    assert notes["XLSR-10", "ky"] == tables.OWN
    assert notes["XLSR-53", "ky"] == "needs 56,000 h of pretraining"
    assert notes["XLSR-English", "ky"] == notes["From scratch", "ky"] == tables.NOT_MEASURED
    assert notes["XLSR-53", "tt"].startswith("needs Common Voice")
    shown = tables.readable(layout, frame)
    assert not (shown == "nan").any(axis=None)
    assert shown.notna().all(axis=None)


@pytest.mark.parametrize("layout", EVERY)
def test_what_we_measure_on_our_speech_can_be_shown_on_the_papers(layout):
    """Else it would not show at scale ``paper``, except translations, known of our speech alone."""
    first = next(iter(layout.ours))
    if first.startswith("ENw") and "BLEU" not in first:
        assert re.sub(r"w\b", "ls", first) in layout.columns


def test_ours_stands_beside_the_papers_value(written):
    frame = pd.read_csv(written["csv"]).set_index(["row", "column"])
    cell = frame.loc[("A*", "ENw-enw")]
    assert (cell["ours"], cell["ci_low"], cell["ci_high"]) == (20, 18, 22)
    assert cell["paper"] == 25.4  # Table 3, ENls-enls
    assert frame.loc[("A*", "DEswc-deswc"), "paper"] == 26.9


def test_every_form_shows_the_same_numbers(written):
    for kind in ("markdown", "latex", "html"):
        text = written[kind].read_text()
        assert "20.0" in text, kind
        assert "25.4" in text, kind
        assert "BES-GMM" in text, kind


def test_a_table_says_how_many_questions_and_seeds_stand_behind_it(written):
    text = written["markdown"].read_text()
    assert "ENw-enw, n = 100" in text
    frame = pd.read_csv(written["csv"])
    assert frame.loc[frame["ours"].notna(), "seeds"].tolist() == [3, 3]


def test_a_page_says_what_its_intervals_resample(written):
    assert "Intervals: 90 % bootstrap over word types and seeds." in written["html"].read_text()


@pytest.mark.parametrize("layout", EVERY)
def test_a_table_without_intervals_speaks_of_none(layout):
    notes = " ".join(tables.notes_of(layout, 0.95))
    assert ("Intervals: 95 %" in notes) == ("[interval]" in notes) == bool(layout.resampled)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.stem)
def test_what_has_intervals_in_our_results_says_what_they_resample(paper):
    wide = set()
    for scale in ("mini", "midi"):
        metrics = pooled(read_metrics(Path("results") / scale / paper.stem / "metrics.csv"))
        wide |= set(metrics[metrics["ci_low"] < metrics["ci_high"]].index.unique("table"))
    layouts = reference.read_reference(paper).tables
    assert {name for name, layout in layouts.items() if layout.resampled} == (wide & layouts.keys())


def test_a_row_measured_in_part_says_nothing_of_columns_that_nobody_has(written):
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in written["markdown"].read_text().splitlines()
    ]
    head, notes = rows[0], {row[0]: row[-1] for row in rows[2:]}
    assert sum(name.endswith(", not measured") for name in head) == len(head) - 5
    assert notes["A*"] == ""
    assert notes["Major-Word"] == ""
    assert notes["B"] == "not measured at this scale"


def test_a_row_measured_in_part_names_the_columns_that_others_have():
    layout = reference.read_reference(REFERENCE).tables["table_3"]
    cells = [("A*", "ENw-enw"), ("A*", "FRw-frw"), ("B", "FRw-frw")]
    frame = tables.long_table(layout, measured(cells), "mini")
    notes = tables.readable(layout, frame).set_index("row")["note"]
    assert notes[["A*", "B"]].tolist() == ["", "ENw-enw: not measured at this scale"]


@pytest.mark.parametrize(
    ("of", "to", "verdict"),
    [
        ((20, 18, 22), (5, 4, 6), claims.REPRODUCED),
        ((6, 4, 8), (5, 4, 6), claims.SAME_DIRECTION),
        ((5, 4, 6), (6, 4, 8), claims.NOT_REPRODUCED),
        ((5, 4, 6), (5, 4, 6), claims.NOT_REPRODUCED),
    ],
)
def test_verdict_of_an_order(tmp_path, of, to, verdict):
    measured = undrawn(read_metrics(metrics_file(tmp_path, {"A*": of, "Major-Word": to})))
    row = claims.judge(CFG, FIRST, "chung2018", measured, "mini")
    assert row["verdict"] == verdict
    assert row["ours"] == of[0] - to[0]
    assert (row["ci_low"], row["ci_high"]) == (of[1] - to[2], of[2] - to[1])


def drawn_row(row, span, draws, design="x"):
    value, low, high = span
    return {
        "table": "table_3", "row": row, "column": "ENw-enw", "seed": "all", "value": value,
        "ci_low": low, "ci_high": high, "n": 100, "seeds": 3, "unit": "%",
        "design": design, "draws": np.array(draws),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("designs", "verdict", "reason"),
    [
        ("xx", claims.REPRODUCED, "2.00 [1.00, 3.00] against 0, paired"),
        ("xy", claims.SAME_DIRECTION, "2.00 [-13.00, 17.00] against 0, from the ends of two"),
    ],
)
def test_rows_that_answer_the_same_questions_are_compared_draw_by_draw(
    tmp_path, designs, verdict, reason
):
    """The questions drawn move both rows by up to ten points, and their difference by one."""
    common = np.linspace(10, 20, 401)
    gap = np.resize([1.0, 2.0, 3.0], 401)
    rows = [
        drawn_row("A*", (17, 10, 24), common + gap, designs[0]),
        drawn_row("Major-Word", (15, 7, 23), common, designs[1]),
    ]
    metrics, draws = tmp_path / "metrics.csv", tmp_path / "draws.parquet"
    split_draws(rows, draws).to_csv(metrics, index=False)
    found = tmp_path / "claims.csv"
    claims.judge_claims(
        cfg=CFG, scale="mini", paper="chung2018", claims=Path("workflow/reference/claims.yaml"),
        reference=REFERENCE, metrics=metrics, draws=[draws], csv=found, markdown=tmp_path / "claims.md",
    )  # fmt: skip
    row = pd.read_csv(found).set_index("id").loc["chung2018.1"]
    assert row["verdict"] == verdict
    assert reason in row["reason"]


@pytest.mark.parametrize(
    ("seed_1", "verdict", "reason"),
    [
        (13, claims.REPRODUCED, "2 of 2 seeds above"),
        (9, claims.SAME_DIRECTION, "1 of 2 seeds above"),
    ],
)
def test_what_a_seed_contradicts_is_not_reproduced(tmp_path, seed_1, verdict, reason):
    rows = [drawn_row("A*", (13, 12, 14), [13.0]), drawn_row("Major-Word", (10, 9, 11), [10.0])]
    alone = [
        drawn_row("A*", (15, 12, 16), []) | {"seed": "0"},
        drawn_row("A*", (seed_1, 8, 14), []) | {"seed": "1"},
        *(drawn_row("Major-Word", (10, 9, 11), []) | {"seed": seed} for seed in "01"),
    ]
    frame = split_draws([*rows, *alone], tmp_path / "draws.parquet")
    row = claims.judge(CFG, FIRST, "chung2018", undrawn(frame), "mini")
    assert row["verdict"] == verdict
    assert reason in row["reason"]


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ([10.0, 10.0], [20.0, 40.0], 0.25, 0.5),
        ([10.0, 10.0], [20.0, 0.0], 0.5, np.inf),
        ([0.0, 10.0], [0.0, 40.0], 0.0, 0.25),  # nothing is no more than nothing
    ],
)
def test_a_ratio_is_taken_draw_by_draw(tmp_path, a, b, low, high):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        ratio={"of": "A", "to": "A*", "at_least": 0.2},
    )  # fmt: skip
    rows = [
        drawn_row("A", (10, 0, 10), np.repeat(a, 100)),
        drawn_row("A*", (25, 0, 40), np.repeat(b, 100)),
    ]
    frame = split_draws(rows, tmp_path / "draws.parquet")
    drawn = read_draws(tmp_path / "draws.parquet")
    measured = pooled(frame).join(drawn).join(claims.values_by_seed(frame))
    row = claims.judge(CFG, claim, "chung2018", measured, "mini")
    assert (row["ci_low"], row["ci_high"]) == (min(low, 0.4), max(high, 0.4))
    assert row["ours"] == pytest.approx(0.4)


def test_verdict_of_a_ratio(tmp_path):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        ratio={"of": "A", "to": "A*", "at_least": 0.5},
    )  # fmt: skip
    rows = {"A": (18, 16, 20), "A*": (20, 19, 21)}
    measured = undrawn(read_metrics(metrics_file(tmp_path, rows)))
    row = claims.judge(CFG, claim, "chung2018", measured, "mini")
    assert row["verdict"] == claims.REPRODUCED
    assert row["ours"] == pytest.approx(0.9)
    assert row["ci_low"] == pytest.approx(16 / 21)


@pytest.mark.parametrize(
    ("untrained", "verdict"),
    [((10, 8, 12), claims.REPRODUCED), ((21, 19, 23), claims.NOT_TESTABLE)],
)
def test_a_claim_whose_premise_fails_is_not_testable(tmp_path, untrained, verdict):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        above={"row": "A*", "than": "A"},
        provided=[{"table": "table_3", "column": "ENw-enw", "row": "A*", "than": "untrained A*"}],
    )  # fmt: skip
    rows = {"A*": (20, 18, 22), "A": (5, 4, 6), "untrained A*": untrained}
    measured = undrawn(read_metrics(metrics_file(tmp_path, rows)))
    row = claims.judge(CFG, claim, "chung2018", measured, "mini")
    assert row["verdict"] == verdict
    assert row["ours"] == 15  # what was measured is shown in any case
    by_how_much = 20 - untrained[0]
    told = f"it presumes A* above untrained A* (table_3, ENw-enw): the difference is {by_how_much:.2f} ["
    assert told in row["reason"]  # also of a premise that holds


def test_every_premise_of_a_claim_has_to_hold(tmp_path):
    where = {"table": "table_3", "column": "ENw-enw"}
    premises = [where | {"row": "A*", "than": "B"}, where | {"row": "C", "than": "B"}]
    rows = {"A*": (20, 18, 22), "A": (5, 4, 6), "B": (10, 9, 11), "C": (8, 7, 9)}
    measured = undrawn(read_metrics(metrics_file(tmp_path, rows)))
    judged = [
        claims.judge(
            CFG, FIRST.model_copy(update={"above": reference.Order(row="A*", than="A"),
            "provided": [reference.Premise(**premise) for premise in some]}),
            "chung2018", measured, "mini",
        )
        for some in (premises[:1], premises)
    ]  # fmt: skip
    assert [row["verdict"] for row in judged] == [claims.REPRODUCED, claims.NOT_TESTABLE]
    assert judged[1]["reason"].startswith("it presumes C above B")


def test_a_claim_may_compare_two_columns(tmp_path):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw", against="ENw-enb",
        above={"row": "A*", "than": "A*"},
    )  # fmt: skip
    metrics = read_metrics(metrics_file(tmp_path, {"A*": (20, 18, 22), "A": (1, 0, 2)}))
    other = metrics.assign(column="ENw-enb", value=metrics["value"] - 5)
    row = claims.judge(CFG, claim, "chung2018", undrawn(pd.concat([metrics, other])), "mini")
    assert row["ours"] == 5
    row = claims.judge(CFG, claim, "chung2018", undrawn(metrics), "mini")
    assert row["reason"] == "table_3 has no ENw-enb of A*"


def test_a_claim_without_its_rows_names_what_is_missing(tmp_path):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        above={"row": "A*", "than": "A"},
    )  # fmt: skip
    measured = undrawn(read_metrics(metrics_file(tmp_path, {"A": (5, 4, 6)})))
    row = claims.judge(CFG, claim, "chung2018", measured, "mini")
    assert row["verdict"] == claims.NOT_TESTABLE
    assert row["reason"] == "table_3 has no ENw-enw of A*"


@pytest.mark.parametrize("own", [["A*", "Major-Word"], ["A*"], []])
def test_a_claim_is_judged_on_the_papers_own_column_where_that_is_measured(own):
    """Its premises too; ENls-enls is the column that stands beside ENw-enw."""
    premise = {"table": "table_3", "column": "ENw-enw", "row": "A*", "than": "Major-Word"}
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        above={"row": "A*", "than": "Major-Word"}, provided=[premise],
    )  # fmt: skip
    values = {
        ("ENw-enw", "A*"): 20, ("ENw-enw", "Major-Word"): 5,
        ("ENls-enls", "A*"): 9, ("ENls-enls", "Major-Word"): 2,
    }  # fmt: skip
    kept = {k: value for k, value in values.items() if k[0] == "ENw-enw" or k[1] in own}
    rows = [
        {"table": "table_3", "row": row, "column": column, "value": value, "ci_low": value,
         "ci_high": value, "n": 9, "seeds": 1, "unit": "%", "design": np.nan, "draws": np.nan,
         "by_seed": {}}
        for (column, row), value in kept.items()
    ]  # fmt: skip
    measured = pd.DataFrame(rows).set_index(["table", "row", "column"])
    tables = reference.read_reference(REFERENCE).tables
    claim = claims.on_its_columns(claim, tables, measured)
    row = claims.judge(CFG, claim, "chung2018", measured, "paper")
    if len(own) == 1:
        assert row["reason"] == "table_3 has no ENls-enls of Major-Word"
    else:
        assert row["ours"] == (7 if own else 15)
        assert ("table_3, ENls-enls): the difference is 7" in row["reason"]) == bool(own)


def test_a_premise_without_its_rows_names_what_is_missing(tmp_path):
    claim = reference.Claim(
        id="x", statement="", paper_value="", table="table_3", column="ENw-enw",
        above={"row": "A*", "than": "A"},
        provided=[{"table": "table_3", "column": "ENw-enw", "row": "A*", "than": "untrained A*"}],
    )  # fmt: skip
    rows = {"A*": (20, 18, 22), "A": (5, 4, 6)}
    measured = undrawn(read_metrics(metrics_file(tmp_path, rows)))
    row = claims.judge(CFG, claim, "chung2018", measured, "mini")
    assert row["verdict"] == claims.NOT_TESTABLE
    assert row["reason"].endswith("but untrained A* is not measured")


def test_a_claim_without_its_rows_is_not_testable_and_says_why(tmp_path):
    metrics = metrics_file(tmp_path / "chung2018", {"A*": (20, 18, 22)})
    draws = tmp_path / "draws.parquet"
    split_draws([drawn_row("A*", (20, 18, 22), [20.0])], draws)
    source = Path("workflow/reference/claims.yaml")
    judged = []
    for paper in ("chung2018", "cao2020"):
        out = {kind: tmp_path / f"{paper}.{kind}" for kind in ("csv", "markdown")}
        claims.judge_claims(
            cfg=CFG,
            scale="mini",
            paper=paper,
            claims=source,
            metrics=metrics,
            draws=[draws],
            reference=Path(f"workflow/reference/{paper}.yaml"),
            **out,
        )
        judged.append(out["csv"])
    page = {kind: tmp_path / kind for kind in ("csv", "markdown", "verdicts", "html")}
    claims.gather_claims(scale="mini", judged=judged, **page)
    frame = pd.read_csv(page["csv"])
    assert list(frame.columns) == claims.COLUMNS
    assert frame["paper"].unique().tolist() == ["chung2018", "cao2020"]
    assert set(frame["verdict"]) == {claims.NOT_TESTABLE}
    assert frame["reason"].str.len().min() > 0


def test_verdicts_are_counted_by_paper_and_our_own_claims_apart():
    judged = [
        ("b", "paper", claims.REPRODUCED),
        ("a", "paper", claims.NOT_TESTABLE),
        ("b", "ours", claims.NOT_REPRODUCED),
        ("b", "paper", claims.REPRODUCED),
        ("b", "ours", claims.REPRODUCED),
    ]
    counts = claims.count_verdicts(pd.DataFrame(judged, columns=["paper", "origin", "verdict"]))
    assert list(counts.columns) == [*claims.VERDICTS, claims.OURS]
    assert counts.loc["b"].to_list() == [2, 0, 0, 0, "1 of 2"]
    assert counts.loc["a"].to_list() == [0, 0, 0, 1, "–"]
    assert list(counts.index) == ["b", "a"]


@pytest.mark.parametrize(
    ("by_seed", "verdict"),
    [
        ([-3.0, -1.0, 7.0], claims.NOT_REPRODUCED),
        ([-3.0, 1.0, 5.0], claims.SAME_DIRECTION),
    ],
)
def test_a_mean_that_one_seed_makes_is_no_direction(by_seed, verdict):
    finding = claims.Finding(1.0, -4.0, 7.0, 0.0, "points", 3, True, by_seed)
    assert finding.verdict()[0] == verdict


def test_a_paper_without_claims_is_named(tmp_path):
    (tmp_path / "claims.yaml").write_text("other: []\n")
    metrics = metrics_file(tmp_path, {"A*": (20, 18, 22)})
    split_draws([drawn_row("A*", (20, 18, 22), [20.0])], tmp_path / "draws")
    with pytest.raises(DataError, match="has no claims of chung2018: list them there"):
        claims.judge_claims(
            cfg=CFG, scale="mini", paper="chung2018", claims=tmp_path / "claims.yaml",
            reference=REFERENCE, metrics=metrics, draws=[tmp_path / "draws"], csv=tmp_path / "c", markdown=tmp_path / "m",
        )  # fmt: skip


def test_what_is_not_a_number_is_not_reproduced():
    nothing = claims.Finding(*[float("nan")] * 3, 0.0, "points", 1, True, [float("nan")])
    assert nothing.verdict()[0] == claims.NOT_REPRODUCED


def test_broken_metrics_are_named(tmp_path):
    path = metrics_file(tmp_path, {"A*": (20, 21, 22)})  # the value lies outside its interval
    with pytest.raises(DataError, match=r"metrics\.csv is not a metrics table"):
        read_metrics(path)


def test_a_reference_with_a_missing_value_is_named(tmp_path):
    text = REFERENCE.read_text().replace("A*: [25.4, 27.1,", "A*: [27.1,")
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(DataError, match="5 values for 6 columns"):
        reference.read_reference(tmp_path / "r.yaml")


def test_a_column_on_the_papers_own_corpora_replaces_what_stands_for_it():
    layout = reference.read_reference(REFERENCE).tables["table_3"]
    values = {"value": 24.0, "ci_low": 23.0, "ci_high": 25.0, "n": 100, "seeds": 3}
    index = pd.MultiIndex.from_tuples(
        [("A*", "ENls-enls"), ("text A*", "ENls-enls")], names=["row", "column"]
    )
    frame = tables.long_table(layout, pd.DataFrame([values] * 2, index=index), "paper")
    cells = frame.set_index(["row", "column"])
    assert cells.loc[("A*", "ENls-enls"), ["ours", "paper"]].tolist() == [24.0, 25.4]
    assert cells.loc[("text A*", "ENls-enls"), "ours"] == 24.0  # a control, which the paper lacks
    shown = tables.readable(layout, frame).set_index("row")
    (own,) = [column for column in shown if column.startswith("ENls-enls")]
    assert shown.loc["A*", own] == "24.0 [23.0, 25.0] (25.4)"
    assert not [column for column in shown if column.startswith("ENw-enw")]
    assert [column for column in shown if column.startswith("FRw-frw")]


def test_a_row_that_is_empty_where_the_papers_corpora_are_asked_says_why():
    layout = reference.read_reference(Path("workflow/reference/cao2020.yaml")).tables["transfer"]
    values = {"value": 70.0, "ci_low": 69.0, "ci_high": 71.0, "n": 5010, "seeds": 3}
    columns = [name for name in layout.columns if name.startswith("XNLI")]
    index = pd.MultiIndex.from_product([["base", "aligned"], columns], names=["row", "column"])
    frame = tables.long_table(layout, pd.DataFrame([values] * len(index), index=index), "paper")
    shown = tables.readable(layout, frame).set_index("row")["note"]
    assert shown["base"] == ""
    assert shown["word_rotation"].startswith("a rotation turns")
    assert shown["xlm"] == "another model, pretrained on far more text"

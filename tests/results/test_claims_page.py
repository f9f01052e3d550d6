"""Claims in reading order, and as a table with links."""

import pandas as pd
import pytest

from crosstalk.results.claims import COLUMNS, NOT_REPRODUCED, NOT_TESTABLE, REPRODUCED
from crosstalk.results.claims_page import linked, reading_order

PAPERS = ["two2020", "two2020", "one2018", "one2018", "one2018"]
VERDICTS = [NOT_REPRODUCED, REPRODUCED, NOT_TESTABLE, REPRODUCED, NOT_TESTABLE]


@pytest.fixture
def claims():
    rows = [
        {
            "id": f"{paper}.{number}",
            "paper": paper,
            "origin": "ours" if number == 3 else "paper",
            "statement": f"claim {number}",
            "paper_value": "3 %",
            "verdict": verdict,
            "reason": "it presumes a above b",
            "table": f"results/midi/{paper}/tables/table_{number}.csv",
        }
        for number, (paper, verdict) in enumerate(zip(PAPERS, VERDICTS, strict=True))
    ]
    numbers = {"ours": 1.5, "ci_low": 1.0, "ci_high": 2.0, "unit": "points", "seeds": 3}
    return pd.DataFrame(rows).assign(**numbers)[COLUMNS]


def test_what_holds_comes_first_and_reasons_are_told_once(claims):
    told = reading_order(claims)
    places = [told.index(f"claim {number}") for number in (1, 3, 0, 2, 4)]
    assert places == sorted(places)
    assert told.count("It presumes a above b") == 1
    assert "Claims of the papers: 1; ours: 1." in told
    assert "claim 3 (ours): 1.50 [1.00, 2.00] points" in told


def test_a_row_links_to_table_figure_and_rule(claims, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = tmp_path / "results/midi/two2020/figures"
    figures.mkdir(parents=True)
    (figures / "table_0.png").touch()
    first, second = linked(claims).splitlines()[2:4]
    assert "[table_0](../results/midi/two2020/tables/table_0.md)" in first
    assert "[table_0](../results/midi/two2020/figures/table_0.png)" in first
    assert "figures" not in second
    for row in (first, second):
        assert "[`write_tables_two2020`](../workflow/rules/results.smk)" in row
        assert "| midi" in row

"""metrics.csv: what several stages measured, in one table that is checked."""

import json

import pandas as pd
import pytest

from crosstalk.errors import DataError
from crosstalk.results.metrics import ALL, by_seed, gather_metrics, read_metrics


def measure(row, seed, value):
    return {
        "table": "table_1",
        "row": row,
        "column": "ES",
        "seed": seed,
        "value": value,
        "ci_low": value - 1,
        "ci_high": value + 1,
        "n": 10,
        "seeds": 2 if seed == "all" else 1,
        "unit": "%",
    }


def gathered(tmp_path, *parts):
    paths = [tmp_path / f"{number}.csv" for number in range(len(parts))]
    for path, rows in zip(paths, parts, strict=True):
        pd.DataFrame(rows).to_csv(path, index=False)
    metrics, summary = tmp_path / "metrics.csv", tmp_path / "metrics.json"
    gather_metrics(measures=paths, metrics=metrics, summary=summary)
    return read_metrics(metrics), json.loads(summary.read_text())


def test_the_summary_holds_what_pools_the_seeds(tmp_path):
    one = [measure("a", "0", 1.0), measure("a", "1", 3.0), measure("a", "all", 2.0)]
    frame, summary = gathered(tmp_path, one, [measure("b", "all", 5.0)])
    assert frame["row"].tolist() == ["a", "a", "a", "b"]
    assert summary == {"table_1": {"a": {"ES": 2.0}, "b": {"ES": 5.0}}}


def test_two_stages_may_not_measure_one_cell(tmp_path):
    twice = [measure("a", "all", 1.0)]
    with pytest.raises(Exception, match=r"unique|duplicate"):
        gathered(tmp_path, twice, twice)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame[["table", "row"]], "column 'column' not in"),
        (lambda frame: frame.assign(extra=1), "column 'extra' not in"),
        (lambda frame: frame.assign(n="many"), "coercing 'n'"),
        (lambda frame: frame.assign(value=9), "failed"),
        (lambda frame: frame.iloc[:0, :0], "No columns"),
    ],
)
def test_what_is_no_metrics_table_is_named(tmp_path, change, says):
    path = tmp_path / "broken.csv"
    change(pd.DataFrame([measure("a", "all", 1.0)])).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"broken\.csv is not a metrics table") as error:
        read_metrics(path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_each_seed_is_measured_and_all_together():
    frame = pd.DataFrame({"seed": [1, 0, 1], "value": [1, 2, 4]})
    assert by_seed(frame, lambda part: part["value"].sum()) == {"0": 2, "1": 5, ALL: 7}


def test_a_single_seed_is_measured_once():
    frame = pd.DataFrame({"seed": [3, 3], "value": [1, 2]})
    calls = []
    found = by_seed(frame, lambda part: calls.append(part) or part["value"].sum())
    assert found == {"3": 3, ALL: 3}
    assert len(calls) == 1

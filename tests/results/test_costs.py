"""The table of costs adds up to what the run records say."""

import json

import pandas as pd
import pytest

from crosstalk.errors import DataError
from crosstalk.results.costs import costs, describe_costs, readable
from crosstalk.results.runs import read_run


def run(place, stage, wall, **more):
    measured = {"wall_seconds": wall, "peak_memory_bytes": 2e9, "machine": {"device": "cpu"}}
    new = {"cpu_seconds": 2 * wall, "gpu_seconds": 0.0, "peak_gpu_bytes": 0}
    return {"record": place, "stage": stage} | measured | new | more


ON_GPU = {"gpu_seconds": 7200.0, "peak_gpu_bytes": 40e9, "machine": {"device": "NVIDIA H200"}}
RUNS = [
    run("results/mini/one/runs/train-a.json", "train", 3600.0, peak_memory_bytes=5e9),
    run("results/mini/one/runs/train-b.json", "train", 10800.0, **ON_GPU),
    run("results/mini/two/runs/train-a.json", "train", 1800.0),
    run("results/mini/runs/gather_claims.json", "judge", 900.0),
    run("data/records/fetch/x/y.json", "prepare", 900.0),
]


def test_jobs_are_added_up_by_paper_and_step():
    frame = costs(RUNS)
    assert frame["paper"].tolist() == ["one", "two", "corpora", "shared"]  # the dearest first
    first = frame.iloc[0]
    assert (first["step"], first["jobs"]) == ("train", 2)
    assert (first["wall_hours"], first["cpu_hours"], first["gpu_hours"]) == (4, 8, 2)
    assert (first["peak_memory_gb"], first["peak_gpu_gb"]) == (5, 40)
    assert frame["wall_share"].tolist() == [0.8, 0.1, 0.05, 0.05]


def test_totals_stand_above_the_steps():
    shown = readable(costs(RUNS)).set_index(["paper", "step"])
    assert shown.index[0] == ("all", "all steps")
    everything = shown.loc[("all", "all steps")]
    assert everything["jobs"] == 5
    assert everything["wall (h)"] == "5.00"
    assert everything["GPU (h)"] == "2.00"
    assert everything["share of wall time"] == "100.0%"
    assert shown.loc[("one", "all steps"), "CPU (h)"] == "8.00"


def test_what_older_records_do_not_hold_is_missing_not_nought():
    old = run("results/mini/two/runs/train-b.json", "train", 1800.0)
    del old["cpu_seconds"]
    frame = costs([*RUNS, old]).set_index("paper")
    assert frame.loc["two", "wall_hours"] == 1
    assert pd.isna(frame.loc["two", "cpu_hours"])
    shown = readable(costs([*RUNS, old])).set_index(["paper", "step"])
    assert shown.loc[("all", "all steps"), "CPU (h)"] == "–"
    assert shown.loc[("one", "all steps"), "CPU (h)"] == "8.00"


def test_the_stage_reads_records_and_names_devices(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(RUNS[1]))
    made = {kind: tmp_path / f"costs.{kind}" for kind in ("csv", "markdown", "html")}
    describe_costs(scale="mini", records=[tmp_path / "a.json"], **made)
    assert pd.read_csv(made["csv"])["gpu_hours"].tolist() == [2]
    assert "NVIDIA H200" in made["html"].read_text()
    assert made["markdown"].read_text().startswith("| paper")


def test_trainings_have_a_rate_and_other_jobs_none():
    runs = [
        run("results/mini/one/runs/train-a.json", "train", 10.0, updates=300),
        run("results/mini/one/runs/train-b.json", "train", 30.0, updates=100),
        run("results/mini/one/runs/plot.json", "plot", 20.0),
        run("results/mini/two/runs/train-a.json", "train", 10.0, updates=50),
        run("results/mini/two/runs/train-b.json", "train", 10.0),  # of before they were counted
    ]
    frame = costs(runs).set_index(["paper", "step"])["updates_per_second"]
    assert frame[("one", "train")] == 10
    assert frame[[("one", "plot"), ("two", "train")]].isna().all()
    shown = readable(costs(runs)).set_index(["paper", "step"])["updates / s"]
    assert shown[("one", "train")] == "10.00"
    assert shown[("one", "plot")] == shown[("all", "all steps")] == "–"


def test_a_broken_record_is_named(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(DataError, match=r"a\.json is not a run record: delete it"):
        read_run(tmp_path / "a.json")

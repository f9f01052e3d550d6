"""An experiment of DVC runs what follows from it, and can be undone."""

import json

import pytest

pytestmark = pytest.mark.pipeline
TOLERANCE = "chung2018.segmentation.tolerance_ms"


def test_an_experiment_changes_what_it_says_and_nothing_else(finished):
    before = finished.planned()
    finished.run("dvc", "exp", "run", "-S", f"{TOLERANCE}=30.0")
    assert before == finished.planned() == {}
    (changed,) = json.loads(finished.run("dvc", "params", "diff", "--json").stdout).values()
    assert {name: (c["old"], c["new"]) for name, c in changed.items()} == {TOLERANCE: (20.0, 30.0)}
    trained = finished.folder.glob("logs/smoke/*/train_*.log")
    table = finished.folder / "results/smoke/chung2018/tables/segmentation.csv"
    assert table.stat().st_mtime > max(log.stat().st_mtime for log in trained)
    finished.run("git", "checkout", "--", ".")
    finished.run("dvc", "checkout", "paper", "summary")
    finished.snakemake()  # DVC finds nothing to do; Snakemake remembers the experiment

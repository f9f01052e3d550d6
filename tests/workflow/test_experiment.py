"""An experiment of DVC runs what follows from it."""

import json

import pytest

pytestmark = pytest.mark.pipeline
TOLERANCE = "chung2018.segmentation.tolerance_ms"


def test_an_experiment_changes_what_it_says_and_nothing_else(scratch):
    scratch.run("dvc", "exp", "run", "-S", f"{TOLERANCE}=30.0")
    assert scratch.planned() == {}
    (changed,) = json.loads(scratch.run("dvc", "params", "diff", "--json").stdout).values()
    assert {name: (c["old"], c["new"]) for name, c in changed.items()} == {TOLERANCE: (20.0, 30.0)}
    trained = scratch.folder.glob("logs/smoke/*/train_*.log")
    table = scratch.folder / "results/smoke/chung2018/tables/segmentation.csv"
    assert table.stat().st_mtime > max(log.stat().st_mtime for log in trained)

"""DVC as the ledger beside Snakemake: the two never disagree about what is up to date."""

import json
from pathlib import Path

import pytest
import yaml
from tests.workflow.conftest import Project

pytestmark = pytest.mark.pipeline


def test_right_after_repro_neither_has_anything_to_do(finished):
    assert "up to date" in finished.run("dvc", "status", "paper", "summary").stdout
    assert finished.planned() == {}


def test_metrics_and_plots_are_shown(finished):
    shown = json.loads(finished.run("dvc", "metrics", "show", "--json").stdout)
    by_paper = {Path(path).parent.name: entry["data"] for path, entry in shown[""]["data"].items()}
    assert set(by_paper) == {"chung2018", "conneau2020", "cao2020", "cruzblandon2025"}
    data = by_paper["chung2018"]
    table = (finished.folder / "results/smoke/chung2018/metrics.csv").read_text()
    assert f"{data['table_3']['A*']['ENw-enw']:.4f}" in table
    drawn = finished.run("dvc", "plots", "show")
    assert "failed" not in drawn.stderr  # each plot's file is there at this scale too
    assert "vega" in (finished.folder / "dvc_plots/index.html").read_text()


def test_a_clone_adopts_pulled_results_and_still_sees_changes(finished, tmp_path):
    finished.run("dvc", "remote", "add", "--local", "--default", "lab", tmp_path / "remote")
    finished.run("dvc", "push", "paper", "summary")
    finished.run("git", "clone", "-q", ".", tmp_path / "clone")
    clone = Project(tmp_path / "clone")
    clone.run("dvc", "remote", "add", "--local", "--default", "lab", tmp_path / "remote")
    assert clone.run("workflow/scripts/adopt", check=False).returncode == 1  # nothing pulled yet
    clone.run("dvc", "pull", "paper", "summary")
    assert clone.planned() != {}  # without adopting, Snakemake would make everything again
    clone.run("workflow/scripts/adopt")
    assert clone.planned() == {}
    clone.set_parameter("present.dpi", 70)
    drawn = {rule for rule in clone.planned() if not rule.startswith(("plot_", "describe_"))}
    # No intermediate file, which were not pulled, is made again.
    assert drawn == {"all", "draw_steps", "write_index"}


def test_stages_have_no_edges_and_outputs_that_stay(finished):
    """Order lives in the rules alone, and DVC never deletes what Snakemake would rebuild."""
    lock = yaml.safe_load((finished.folder / "dvc.lock").read_text())["stages"]
    made = {out["path"] for stage in lock.values() for out in stage["outs"]}
    assert not made & {dep["path"] for stage in lock.values() for dep in stage["deps"]}
    stages = yaml.safe_load((finished.folder / "dvc.yaml").read_text())["stages"]
    for stage in stages.values():
        for out in [*stage["outs"], *stage.get("metrics", [])]:
            ((_, options),) = out.items()
            assert options["persist"] is True

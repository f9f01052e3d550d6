"""What `dvc metrics diff` and `dvc plots diff` say of results that changed since they were committed.

Committed results of `mini` stand in for a run.
"""

import json
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
import snakemake
import yaml
from tests.workflow.conftest import IDENTITY, ROOT, Project
from tests.workflow.test_report import dump

from crosstalk.results.metrics import ALL, read_metrics, write_metrics

pytestmark = pytest.mark.pipeline

DVC_YAML = yaml.safe_load((ROOT / "dvc.yaml").read_text())
PAPERS = DVC_YAML["vars"][0]["papers"]
PLOTS = {name: plot for entry in DVC_YAML["plots"] for name, plot in entry.items()}
# DVC's page loads these from the network; Snakemake brings them for its report.
VEGA, LIBRARIES = (
    Path(snakemake.__file__).parent / "assets/data",
    ("vega", "vega-lite", "vega-embed"),
)

CHANGED = ("retrieval", "base", "avg")  # of cao2020
GONE = ("table_1", "From scratch", "ES")  # of conneau2020
CURVE = "results/mini/cao2020/history/aligned-seed0.csv"


def is_cell(metrics, cell):
    return (metrics[["table", "row", "column"]] == cell).all(axis="columns")


def change(project):
    """Raise a cell of one paper to the end of its interval, remove another's, lengthen a curve."""
    folder = project.folder / "results/mini/cao2020"
    metrics = read_metrics(folder / "metrics.csv")
    metrics["value"] = metrics["value"].where(~is_cell(metrics, CHANGED), metrics["ci_high"])
    write_metrics(metrics, folder / "metrics.csv", folder / "metrics.json")
    folder = project.folder / "results/mini/conneau2020"
    metrics = read_metrics(folder / "metrics.csv")
    metrics = metrics[~is_cell(metrics, GONE)]
    write_metrics(metrics, folder / "metrics.csv", folder / "metrics.json")
    with (project.folder / CURVE).open("a") as curve:
        curve.write("9999,99,0.5\n")


def committed(paper, cell):
    metrics = read_metrics(ROOT / f"results/mini/{paper}/metrics.csv")
    return metrics[is_cell(metrics, cell) & (metrics["seed"] == ALL)].iloc[0]


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """Return a repository of the files that the two commands read, changed since its commit."""
    project = Project(tmp_path_factory.mktemp("diff"))
    plotted = [file.replace("${scale}", "mini") for plot in PLOTS.values() for file in plot["y"]]
    summaries = [f"results/mini/{paper}/metrics.json" for paper in PAPERS]
    ledger = ["dvc.yaml", "params.yaml", ".dvc/config", ".dvc/plots/changed_cells.json"]
    for name in [*ledger, *plotted, *summaries]:
        target = project.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    project.set_parameter("scale", "mini")
    project.run("git", "init", "-q")
    project.run("git", "add", "-A")
    project.run("git", *IDENTITY, "commit", "-qm", "before")
    change(project)
    return project


@pytest.fixture(scope="module")
def plots(changed):
    """Return the Vega specification of each plot."""
    shown = json.loads(changed.run("dvc", "plots", "diff", "--json").stdout)
    assert "errors" not in shown
    return {name: only["content"] for name, (only,) in shown["data"].items()}


def by_revision(plot):
    rows = defaultdict(list)
    for row in plot["data"]["values"]:
        rows[row["rev"]].append({key: value for key, value in row.items() if key != "rev"})
    return dict(rows)


def test_metrics_diff_lists_what_changed_and_nothing_else(changed):
    shown = json.loads(changed.run("dvc", "metrics", "diff", "--json").stdout)
    cell, gone = committed("cao2020", CHANGED), committed("conneau2020", GONE)
    rise = pytest.approx(cell["ci_high"] - cell["value"])
    assert shown == {
        "results/mini/cao2020/metrics.json": {
            ".".join(CHANGED): {"old": cell["value"], "new": cell["ci_high"], "diff": rise}
        },
        "results/mini/conneau2020/metrics.json": {
            ".".join(GONE): {"old": gone["value"], "new": None}
        },
    }


def test_plots_diff_has_a_training_and_the_cells_of_every_paper(plots):
    assert set(plots) == set(PLOTS)
    files = {file for plot in PLOTS.values() for file in plot["y"]}
    for paper in PAPERS:
        assert f"results/${{scale}}/{paper}/metrics.csv" in files
        assert any(file.startswith(f"results/${{scale}}/{paper}/history/") for file in files)


def test_plots_diff_has_before_beside_after(plots):
    touched = set()
    for name, plot in plots.items():
        rows = by_revision(plot)
        assert set(rows) == {"HEAD", "workspace"}
        if rows["HEAD"] != rows["workspace"]:
            touched.add(name)
    assert touched == {
        "cao2020, contextual alignment",
        "cao2020, cells that changed",
        "conneau2020, cells that changed",
    }
    curve = by_revision(plots["cao2020, contextual alignment"])
    assert curve["workspace"] == [*curve["HEAD"], {"step": "9999", "epoch": "99", "loss": "0.5"}]


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_only_the_cells_that_changed_are_drawn(plots, tmp_path):
    page = tmp_path / "index.html"
    lines = [f'<script src="{VEGA / name / name}.js"></script>' for name in LIBRARIES]
    for number, paper in enumerate(PAPERS):
        plot = json.dumps(plots[f"{paper}, cells that changed"])
        lines.append(f"<p id=p{number}></p><script>vegaEmbed('#p{number}', {plot})</script>")
    page.write_text("\n".join(lines))
    drawn = dump(page, tmp_path / "profile")
    labels = re.findall(r"<text[^>]*>([^<]* \| [^<]*)</text>", drawn)
    assert labels == [f"{row} | {column}" for _, row, column in (GONE, CHANGED)]
    assert "retrieval (%)" in drawn

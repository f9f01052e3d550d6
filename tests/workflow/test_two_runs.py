"""Two runs from empty, in two folders, write the same bytes: `make same-bytes`, two smoke runs long.

What an ordinary test repeats stage by stage from the records of one run (test_same_bytes.py), here
the whole workflow does from the archives on, with sets and dictionaries in another order.
"""

import os

import pytest
from tests.workflow.conftest import copy_repository

from crosstalk.digest import file_digest

pytestmark = pytest.mark.same_bytes
MADE = ("results/smoke", "work/smoke", "data/smoke")
# Times, memory and dates differ, of course; the start page shows the costs.
OF_ITS_TIME = {
    *("provenance.csv", "provenance.html", "index.html"),
    *("costs.csv", "costs.md", "costs.html"),
}


def made(project):
    """Checksums of all that the workflow made, but records and pages of costs and dates."""
    files = (path for place in MADE for path in (project.folder / place).rglob("*"))
    return {
        str(path.relative_to(project.folder)): file_digest(path)
        for path in files
        if path.is_file() and not {"runs", "records"} & set(path.parts) | {path.name} & OF_ITS_TIME
    }


def test_two_runs_from_empty_write_the_same_bytes(tmp_path):
    found = []
    for seed in ("1", "4321"):
        project = copy_repository(tmp_path / f"run{seed}").beside(PYTHONHASHSEED=seed)
        project.run("snakemake", "--cores", os.environ.get("CORES", "2"), "--quiet", "all")
        found.append(made(project))
    one, two = found
    assert {path.partition("/")[0] for path in one} == {"results", "work", "data"}
    assert one.keys() == two.keys()
    assert [path for path in one if one[path] != two[path]] == []

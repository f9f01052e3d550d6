"""Results of a git revision against the working tree, in a repository of a few files."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crosstalk.results.compare import changed_cells, moved

SCRIPT = Path("workflow/scripts/compare").resolve()
HEAD = "row,column,ours,ci_low,ci_high,paper\n"
TABLE = "results/mini/one/tables/t.csv"


def cells(*rows):
    return pd.DataFrame(rows, columns=["row", "column", "ours", "ci_low", "ci_high"])


def git(folder, *arguments):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """Two tables, the claims, and something that is no table, committed."""
    write(tmp_path, TABLE, HEAD + "A,x,10,8,12,50\nB,x,20,19,21,\nC,x,,,,7\nD,x,5,5,5,\n")
    write(tmp_path, "results/mini/tables/corpora.csv", "source,hours\na,1\nb,2\n")
    write(
        tmp_path, "results/mini/one/claims.csv", "id,verdict\none.1,reproduced\none.2,reproduced\n"
    )
    write(tmp_path, "results/mini/provenance.csv", "x\n1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "before")
    return tmp_path


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def compare(folder, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_verdicts_of_cells():
    nothing = float("nan")
    before = cells(
        ["same", "x", 1, 0, 2],
        ["near", "x", 1, 0, 2],
        ["far", "x", 1, 0, 2],
        ["gone", "x", 1, 0, 2],
        ["empty", "x", nothing, nothing, nothing],
        ["filled", "x", nothing, nothing, nothing],
        ["edge", "x", 1, 0, 2],
        ["interval", "x", 1, 0, 2],
    )
    after = cells(
        ["same", "x", 1, 0, 2],
        ["near", "x", 1.5, 0, 3],
        ["far", "x", 2.5, 2, 3],
        ["empty", "x", nothing, nothing, nothing],
        ["filled", "x", 4, 3, 5],
        ["edge", "x", 2, 1, 3],
        ["interval", "x", 1, 0.5, 1.5],
    )
    found = changed_cells(before, after).set_index("row")
    assert found["verdict"].to_dict() == {
        "near": "inside",
        "far": "outside",
        "gone": "gone",
        "filled": "new",
        "edge": "inside",
    }
    assert found.loc["far", "difference"] == 1.5


def test_only_what_changed_is_shown(repository):
    changed = HEAD + "A,x,11,9,13,50\nB,x,25,24,26,\nC,x,,,,7\nD,x,5,4,6,\n"
    write(repository, TABLE, changed)
    write(repository, "results/mini/tables/corpora.csv", "source,hours\na,1\nb,3\n")
    write(repository, "results/mini/one/claims.csv", "id,verdict\none.1,reproduced\none.2,open\n")
    write(repository, "results/mini/provenance.csv", "x\n2\n")
    write(repository, "results/mini/one/tables/new.csv", HEAD + "A,x,1,1,1,\n")
    done = compare(repository, "HEAD", "results/mini")
    assert done.returncode == 0, done.stderr
    assert (repository / "results/mini/changes.md").read_text() == done.stdout
    title, _, *body = done.stdout.splitlines()
    assert title.startswith("# results/mini: working tree against HEAD (")
    assert body == [
        "3 cells differ: 1 outside the interval of before, 1 inside it; 1 are new, 0 are gone.",
        "",
        "## one/claims",
        "",
        "| claim | before | after |",
        "|---|---|---|",
        "| one.2 | reproduced | open |",
        "",
        "## one/new",
        "",
        "| row | column | before | after | difference | |",
        "|---|---|---|---|---:|---|",
        "| A | x | – | 1 | – | new |",
        "",
        "## one/t",
        "",
        "| row | column | before | after | difference | |",
        "|---|---|---|---|---:|---|",
        "| A | x | 10 [8, 12] | 11 [9, 13] | +1 | inside |",
        "| B | x | 20 [19, 21] | 25 [24, 26] | +5 | **outside** |",
        "",
        "## corpora",
        "",
        "1 rows differ.",
    ]


def test_a_table_that_is_gone_is_said(repository):
    (repository / TABLE).unlink()
    shown = compare(repository, "HEAD", "results/mini").stdout
    assert "0 are new, 3 are gone." in shown
    assert "| A | x | 10 [8, 12] | – | – | gone |" in shown


def test_nothing_changed(repository):
    (line,) = compare(repository, "HEAD", "results/mini").stdout.splitlines()[2:]
    assert line.startswith("0 cells differ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere", "results/mini"], "'nowhere' is not a revision of git"),
        (["HEAD", "results/maxi"], "results/maxi has no tables, here or in HEAD"),
    ],
)
def test_errors_are_one_line(repository, arguments, says):
    done = compare(repository, *arguments)
    assert done.returncode == 1
    assert done.stderr == f"compare: error: {says}\n"
    assert not (repository / "results/maxi").exists()


def test_how_far_tables_moved(tmp_path):
    """Of four cells one stayed, one moved within its interval, one left it, and one is new."""
    for side, rows, verdict in (
        ("before", "A,x,10,8,12,\nB,x,20,19,21,\nC,x,5,5,5,\nD,x,,,,7\n", "reproduced"),
        ("after", "A,x,11.5,9,13,\nB,x,22.5,22,23,\nC,x,5,5,5,\nD,x,1,1,1,7\n", "not reproduced"),
    ):
        write(tmp_path / side, "one/tables/t.csv", HEAD + rows)
        write(tmp_path / side, "one/tables/words.csv", "word,neighbours\na,b\n")
        claims = f"id,verdict\none.1,{verdict}\none.2,not reproduced\n"
        write(tmp_path / side, "claims.csv", claims)
    found = moved(tmp_path / "before", tmp_path / "after").set_index("table")
    assert found.index.tolist() == ["one/t", "claims"]
    assert found.loc["one/t"].tolist() == [4, 3, 2, 2.5]
    assert found.loc["claims", ["cells", "moved"]].tolist() == [2, 1]

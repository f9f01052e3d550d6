"""What `what-if` foretells is what Snakemake would do, and costs what it last cost."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crosstalk.errors import ParameterError
from crosstalk.yamlfile import read_yaml

SCRIPT = Path("workflow/scripts/what_if")
GOLDEN = Path(__file__).with_name("reruns.yaml")


@pytest.fixture(scope="module")
def what_if():
    loader = importlib.machinery.SourceFileLoader("what_if", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("what_if", loader))
    loader.exec_module(module)
    return module


def job(rule, after=(), signature=1, record=None):
    return {"rule": rule, "signature": signature, "after": list(after), "record": record}


# train → embed → table, and a figure of something else
BEFORE = {
    ("model",): job("train"),
    ("space",): job("embed", [("model",)]),
    ("results/mini/one/tables/t.csv", "t.md"): job("table", [("space",)]),
    ("results/mini/figures/f.png",): job("plot"),
}


def test_what_follows_from_a_change_is_touched(what_if):
    after = BEFORE | {("space",): job("embed", [("model",)], signature=2)}
    assert what_if.touched(BEFORE, after) == [("space",), ("results/mini/one/tables/t.csv", "t.md")]
    assert what_if.touched(BEFORE, BEFORE) == []
    assert what_if.touched({}, BEFORE) == list(BEFORE)  # a job that was not there is new


def test_time_is_that_of_the_last_run_or_usual_for_the_rule(what_if, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, seconds in (("a", 100.0), ("b", 300.0), ("c", 3500.0)):
        Path(f"{name}.json").write_text(json.dumps({"wall_seconds": seconds}))
    after = {(name,): job("train", record=f"{name}.json") for name in ("a", "b", "new")}
    after |= {("c",): job("embed", record="c.json"), ("d",): job("plot", record="d.json")}
    assert what_if.estimate(list(after), after) == {
        ("a",): 100, ("b",): 300, ("new",): 200, ("c",): 3500, ("d",): None,
    }  # fmt: skip
    text = "\n".join(what_if.report({}, after))
    assert "| embed | 1 | 0:58:20 |\n| train | 3 | 0:10:00 |\n| plot | 1 | not recorded |" in text
    assert "| **all** | **5** of 5 | **1:08:20** |" in text
    assert "1 jobs have no run record" in text


def test_tables_and_figures_are_named(what_if):
    text = "\n".join(what_if.report({}, BEFORE))
    assert "\nTables: one/t." in text
    assert "\nFigures: f." in text


@pytest.mark.parametrize(
    ("changes", "tree"),
    [
        (["a.b=1e-3", "a.c=[x, off]"], {"a": {"b": 0.001, "c": ["x", "off"]}}),
        (["scale=smoke"], {"scale": "smoke"}),
    ],
)
def test_values_are_read_as_the_parameter_file_is(what_if, changes, tree):
    assert what_if.parse(changes) == tree


@pytest.mark.parametrize("changes", [["a.b"], ["a=[1"], ["a=1", "a.b=2"]])
def test_what_is_not_a_change_is_an_error(what_if, changes):
    with pytest.raises(ParameterError):
        what_if.parse(changes)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chung2018.word2vec.epoch=9"], "did you mean 'epochs'?"),
        (["chung2018.word2vec.epochs=-1"], "chung2018.word2vec.epochs=-1 is not valid"),
        (["scale=smok", "seeds=[1]"], "did you mean 'smoke'?"),
        ([], "name a change"),
    ],
)
def test_a_wrong_change_is_one_line(what_if, capsys, arguments, says):
    assert what_if.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("what-if: error: ")
    assert says in line


@pytest.mark.pipeline
@pytest.mark.parametrize(
    "change", ["present.dpi=60", "chung2018.word2vec.epochs=6", "seeds=[0, 7]"]
)
def test_it_foretells_what_snakemake_would_run(change):
    """The reference is the table that a dry run after a whole run gave (test_parameters)."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "scale=smoke", change], capture_output=True, text=True, check=True
    )
    rules = re.findall(r"^\| (\w+) \|", done.stdout, re.MULTILINE)
    assert set(rules) - {"rule"} == set(read_yaml(GOLDEN)[change.partition("=")[0]])

"""The pictures of steps: what is drawn is what the records say, and no line says it twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.results.runs import read_run
from crosstalk.results.steps import draw_steps, layered, reduced, steps_of
from crosstalk.results.verify import find_records

SVG = "{http://www.w3.org/2000/svg}"


def record(folder, place, stage, inputs, outputs):
    """Write the parts of a run record that say what it took and made."""
    path = Path(place)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    files = {
        side: {"files": [{"path": name, "sha256": name} for name in names]}
        for side, names in (("inputs", inputs), ("outputs", outputs))
    }
    (folder / path).write_text(json.dumps({"stage": stage, "wall_seconds": 90.0} | files))
    return path


@pytest.fixture
def records(tmp_path, monkeypatch):
    """A corpus that is read by two papers; the first trains twice, scores, and draws."""
    monkeypatch.chdir(tmp_path)
    one, two = "results/mini/one/runs", "results/mini/two/runs"
    return [
        record(tmp_path, "data/records/c.json", "prepare", ["raw"], ["corpus"]),
        record(tmp_path, f"{one}/t0.json", "train", ["corpus"], ["m0"]),
        record(tmp_path, f"{one}/t1.json", "train", ["corpus", "m0"], ["m1"]),
        record(tmp_path, f"{one}/s.json", "score", ["m1", "corpus"], ["scores"]),
        record(tmp_path, f"{one}/d.json", "draw", ["scores", "m0"], ["picture"]),
        record(tmp_path, f"{two}/s.json", "score", ["corpus"], ["others"]),
    ]


def test_a_paper_has_its_own_steps_and_what_they_rest_on(records):
    assert steps_of(map(read_run, records), "one") == {
        "corpora/prepare": set(),
        "one/train": {"corpora/prepare"},
        "one/score": {"one/train", "corpora/prepare"},
        "one/draw": {"one/score", "one/train"},
    }


def test_the_picture_counts_jobs_and_time_and_draws_each_line_once(records, tmp_path):
    draw_steps(papers=["one"], records=records, svgs=[tmp_path / "one.svg"])
    picture = ElementTree.parse(tmp_path / "one.svg").getroot()
    told = {title.text for title in picture.iter(f"{SVG}title")}
    assert told == {
        "corpora/prepare: 1 job, 90 s",
        "one/train: 2 jobs, 3 min",
        "one/score: 1 job, 90 s",
        "one/draw: 1 job, 90 s",
    }
    assert len(list(picture.iter(f"{SVG}path"))) == 3  # prepare - train - score - draw


@st.composite
def graphs(draw):
    """A step needs some of those with a smaller number."""
    size = draw(st.integers(1, 9))
    needs = {i: draw(st.sets(st.integers(0, i - 1))) if i else set() for i in range(size)}
    return {f"p/{i}": {f"p/{n}" for n in found} for i, found in needs.items()}


def reaches(graph, start):
    """All that a step rests on, step by step."""
    found, waiting = set(), list(graph[start])
    while waiting:
        step = waiting.pop()
        found.add(step)
        waiting += graph[step]
    return found


@given(graphs())
def test_fewer_lines_say_the_same(graph):
    less = reduced(graph)
    for step in graph:
        assert reaches(less, step) == reaches(graph, step)
        for need in less[step]:  # without it, they would not
            assert need not in reaches(less | {step: less[step] - {need}}, step)


@given(graphs())
def test_every_step_stands_once_and_below_what_it_needs(graph):
    rows = layered(graph)
    place = {step: y for y, steps in enumerate(rows) for step in steps}
    assert sorted(step for steps in rows for step in steps) == sorted(graph)
    assert all(place[need] < place[step] for step in graph for need in graph[step])
    assert all(rows)


@pytest.mark.parametrize("scale", ["mini", "midi"])
def test_the_published_results_can_be_drawn(scale, tmp_path):
    papers = ["chung2018", "conneau2020", "cao2020", "cruzblandon2025"]
    svgs = [tmp_path / f"{paper}.svg" for paper in papers]
    draw_steps(papers=papers, records=find_records(scale), svgs=svgs)
    for paper, svg in zip(papers, svgs, strict=True):
        texts = {text.text for text in ElementTree.parse(svg).getroot().iter(f"{SVG}text")}
        assert {"judge-claims", "write-tables"} <= texts, paper


def test_a_picture_is_the_same_bytes_whatever_the_order_of_sets(tmp_path):
    program = (
        "import sys; from pathlib import Path; from crosstalk.results.steps import draw_steps;"
        "from crosstalk.results.verify import find_records;"
        "draw_steps(papers=['chung2018'], records=find_records('mini'), svgs=[Path(sys.argv[1])])"
    )
    for seed in "12":
        asked = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", program, tmp_path / seed], env=asked, check=True)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()

"""Pictures of how a paper's results come about: its steps, and what each takes from which.

A step is a stage with all its jobs, as the run records tell; a step points to those that read what
it wrote. Steps stand in rows, each below all that it needs (Sugiyama et al. 1981: layers, then
an order in each that keeps lines short).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from html import escape
from typing import Any

from crosstalk.results.runs import CORPORA, files_of, paper_of, read_run
from crosstalk.results.style import BLUE, GREY, INK
from crosstalk.stage import Input, Output

Graph = dict[str, set[str]]
"""Every step with those that it needs."""

BOX, GAP, LINE = (126, 34), (10, 40), 1.2
SWEEPS = 8


def draw_steps(*, papers: list[str], records: list[Input], svgs: list[Output]) -> None:
    """Draw one picture a paper (SVG), darker where more time goes; ``svgs`` run parallel."""
    runs = [read_run(path) for path in records]
    for paper, svg in zip(papers, svgs, strict=True):
        graph = reduced(steps_of(runs, paper))
        jobs, seconds = Counter(), Counter()
        for run in runs:
            jobs[_step(run)] += 1
            seconds[_step(run)] += run["wall_seconds"]
        svg.write_text(_picture(graph, jobs, seconds))


def steps_of(runs: Iterable[Mapping[str, Any]], paper: str) -> Graph:
    """Return the steps behind a paper's results, named ``<paper or corpora>/<stage>``."""
    runs = list(runs)
    maker = {path: _step(run) for run in runs for path, _ in files_of(run["outputs"])}
    needs: Graph = defaultdict(set)
    for run in runs:
        step = _step(run)
        used = {maker[path] for path, _ in files_of(run["inputs"]) if path in maker}
        needs[step] |= used - {step}
    found: Graph = {}
    waiting = [step for step in needs if step.startswith(f"{paper}/")]
    while waiting:
        step = waiting.pop()
        if step not in found:
            found[step] = needs[step]
            waiting += needs[step]
    return dict(sorted(found.items()))  # sets have no order, and a picture has one


def reduced(graph: Graph) -> Graph:
    """Leave out each line that says no more than a longer way does."""
    above: Graph = {}  # all that a step rests on
    for step in TopologicalSorter(graph).static_order():
        above[step] = graph[step].union(*(above[need] for need in graph[step]))
    return {
        step: {n for n in needs if not any(n in above[other] for other in needs)}
        for step, needs in graph.items()
    }


def layered(graph: Graph) -> list[list[str]]:
    """Return steps in rows, each below what it needs; what needs nothing, just above its user."""
    order = list(TopologicalSorter(graph).static_order())
    row: dict[str, int] = {}
    for step in order:
        row[step] = max((row[need] + 1 for need in graph[step]), default=0)
    users = _turned(graph)
    for step in reversed(order):
        if not graph[step] and users[step]:
            row[step] = min(row[user] for user in users[step]) - 1
    rows = [[] for _ in range(max(row.values(), default=-1) + 1)]
    for step in sorted(order):
        rows[row[step]].append(step)
    near = {step: graph[step] | users[step] for step in graph}
    place = {step: _centred(i, len(steps)) for steps in rows for i, step in enumerate(steps)}
    for _ in range(SWEEPS):
        for steps in (*rows, *reversed(rows)):
            steps.sort(key=lambda s: sum(place[n] for n in near[s]) / max(1, len(near[s])))
            place |= {step: _centred(i, len(steps)) for i, step in enumerate(steps)}
    return rows


def _picture(graph: Graph, jobs: Counter, seconds: Counter) -> str:
    rows = layered(graph)
    width = max(map(len, rows)) * (BOX[0] + GAP[0])
    height = len(rows) * (BOX[1] + GAP[1]) - GAP[1]
    middle = {
        step: (
            width / 2 + _centred(i, len(steps)) * (BOX[0] + GAP[0]),
            y * (BOX[1] + GAP[1]) + BOX[1] / 2,
        )
        for y, steps in enumerate(rows)
        for i, step in enumerate(steps)
    }
    lines = [_line(middle[need], middle[step]) for step in graph for need in sorted(graph[step])]
    longest = max(seconds[step] for step in graph)
    boxes = [
        _box(step, middle[step], jobs[step], seconds[step], seconds[step] / longest)
        for steps in rows
        for step in steps
    ]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='-1 -1 {width + 2} {height + 2}' "
        f"width='{width + 2}' height='{height + 2}' font-family='system-ui, sans-serif' "
        f"text-anchor='middle' fill='{INK}'>\n{'\n'.join([*lines, *boxes])}\n</svg>\n"
    )


def _box(step: str, at: tuple[float, float], jobs: int, seconds: float, share: float) -> str:
    (x, y), (wide, high) = at, BOX
    owner, _, name = step.partition("/")
    colour = GREY if owner == CORPORA else BLUE
    counted = f"{jobs} job{'s' * (jobs > 1)}, {_time(seconds)}"
    frame = f"x='{x - wide / 2:.1f}' y='{y - high / 2:.1f}' width='{wide}' height='{high}' rx='4'"
    return (
        f"<g><title>{escape(f'{step}: {counted}')}</title>"
        f"<rect {frame} fill='#fff' stroke='{colour}'/>"  # hides the lines behind it
        f"<rect {frame} fill='{colour}' fill-opacity='{0.06 + 0.34 * share:.2f}'/>"
        f"<text x='{x:.1f}' y='{y - 2:.1f}' font-size='11'>{escape(name)}</text>"
        f"<text x='{x:.1f}' y='{y + 11:.1f}' font-size='9'>{counted}</text></g>"
    )


def _line(above: tuple[float, float], below: tuple[float, float]) -> str:
    (x, y), (u, v) = above, below
    y, v = y + BOX[1] / 2, v - BOX[1] / 2
    bend = GAP[1] * 0.6
    return (
        f"<path d='M{x:.1f} {y:.1f}C{x:.1f} {y + bend:.1f} {u:.1f} {v - bend:.1f} {u:.1f} {v:.1f}' "
        f"fill='none' stroke='{GREY}' stroke-opacity='.55' stroke-width='{LINE}'/>"
    )


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _step(run: Mapping[str, Any]) -> str:
    return f"{paper_of(run['record'])}/{run['stage']}"


def _turned(graph: Graph) -> Graph:
    users: Graph = {step: set() for step in graph}
    for step, needs in graph.items():
        for need in needs:
            users[need].add(step)
    return users


def _centred(index: int, among: int) -> float:
    return index - (among - 1) / 2

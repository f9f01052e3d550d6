"""The trials are counted, in `results/chaos.md`; a disaster that was not tried keeps its line."""

import subprocess
from collections import Counter
from pathlib import Path

TABLE = Path("results/chaos.md")
HEAD = ["| disaster | trials | same bytes afterwards | revision |", "|---|---:|---:|---|"]
trials, survived = Counter(), Counter()


def pytest_runtest_logreport(report):
    if (
        report.when == "call" and "test_chaos.py" in report.keywords
    ):  # every file of chaos/ is "chaos"
        disaster = report.location[2].partition("[")[0].removeprefix("test_").replace("_", " ")
        trials[disaster] += 1
        survived[disaster] += report.passed


def pytest_sessionfinish(session):
    if not trials:
        return
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    )
    known = TABLE.read_text().splitlines()[len(HEAD) :] if TABLE.exists() else []
    lines = {line.split("|")[1].strip(): line for line in known}
    for name, n in trials.items():
        lines[name] = f"| {name} | {n} | {survived[name]} | {described.stdout.strip()} |"
    TABLE.write_text("\n".join([*HEAD, *lines.values()]) + "\n")

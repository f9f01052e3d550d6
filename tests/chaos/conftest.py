"""The trials are counted, in `results/chaos.md`."""

import subprocess
from collections import Counter
from pathlib import Path

TABLE = Path("results/chaos.md")
trials, survived = Counter(), Counter()


def pytest_runtest_logreport(report):
    if report.when == "call" and "chaos" in report.keywords:
        disaster = report.location[2].partition("[")[0].removeprefix("test_").replace("_", " ")
        trials[disaster] += 1
        survived[disaster] += report.passed


def pytest_sessionfinish(session):
    if not trials:
        return
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    )
    lines = ["| disaster | trials | same bytes afterwards |", "|---|---:|---:|"]
    lines += [f"| {name} | {n} | {survived[name]} |" for name, n in trials.items()]
    lines += ["", f"Revision {described.stdout.strip()}."]
    TABLE.write_text("\n".join(lines) + "\n")

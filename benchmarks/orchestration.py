"""What the workflow costs besides its stages: planning, starting jobs, imports, idle cores.

    plan     `snakemake -n` of the whole workflow at each scale: jobs, seconds, peak memory
    jobs     the same trivial jobs by Snakemake, with and without our scheduling.smk, and by make
    imports  CPU seconds until each module's stages could begin, and what torch takes of it
    idle     from a scale's run records: share of the cores' time in which no stage ran; it says
             something only where all was run in one go; pauses, and downloads, which leave no
             record, count as idle

Name some of them to measure only those.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from table import compare, show

from crosstalk.corpora.paper.registry import load_paper_registry
from crosstalk.results.runs import read_run
from crosstalk.stages import STAGES

ROOT = Path(__file__).parents[1]
SCHEDULING = ROOT / "workflow/rules/scheduling.smk"
WAITING_JOB = "sleep 0.1 && touch"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="plan|jobs|imports|idle", help="default: all")
    parser.add_argument("--scales", nargs="+", default=["smoke", "mini", "midi", "paper"])
    parser.add_argument("--jobs", type=int, default=200, help="trivial jobs")
    parser.add_argument("--cores", type=int, default=2, help="for `jobs`, and of the run of `idle`")
    parser.add_argument("--ran", default="mini", help="scale of the run that `idle` looks at")
    arguments = parser.parse_args()
    parts = {
        "plan": lambda: plan(arguments.scales),
        "jobs": lambda: jobs(arguments.jobs, arguments.cores),
        "imports": imports,
        "idle": lambda: idle(arguments.ran, arguments.cores),
    }
    if unknown := set(arguments.what) - set(parts):
        parser.error(f"nothing is called {', '.join(sorted(unknown))}: name {', '.join(parts)}")
    for name in arguments.what or parts:
        print(f"\n{name}")
        parts[name]()


def plan(scales: list[str]) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        provide_everything(Path(folder))
        for scale in scales:
            # -F: the number of jobs does not depend on what has been run.
            command = ["snakemake", "-n", "-F", "--quiet=rules", "--config", f"scale={scale}"]
            seconds, memory, text = measure(command, cwd=ROOT, CROSSTALK_CORPORA=folder)
            (jobs,) = {line.split()[1] for line in text.splitlines() if line.startswith("total")}
            rows.append((scale, jobs, seconds, memory))
    show(("scale", "jobs", "seconds", "peak MiB"), rows)


def provide_everything(folder: Path) -> None:
    """Put a file where a user's own corpora are expected, or nothing is planned at paper scale."""
    registry = load_paper_registry(ROOT / "workflow/paper_corpora.yaml")
    for name, corpus in registry.corpora.items():
        for part in corpus.parts.values():
            place = folder / name / part.folder
            place.mkdir(parents=True, exist_ok=True)
            (place / "here").touch()


def jobs(count: int, cores: int) -> None:
    rows = []
    for name, program in (
        ("make", ["make", f"-j{cores}", "-s", "all"]),
        ("snakemake", ["snakemake", "--cores", str(cores), "--quiet", "all", "-s", "plain"]),
        ("ours", ["snakemake", "--cores", str(cores), "--quiet", "all", "-s", "ours"]),
    ):
        with tempfile.TemporaryDirectory() as folder:
            write_recipes(Path(folder), count)
            begin = cpu_of_children()
            seconds, _, _ = measure(program, cwd=folder)
            ideal = count * 0.1 / cores
            rows.append((name, count, seconds, 1 - ideal / seconds, cpu_of_children() - begin))
    ours = rows[-1][2]
    for name, _, seconds, *_ in rows[:-1]:
        compare(f"{count} jobs of 0.1 s", ours, name, seconds, "s", "snakemake")
    show(("by", "jobs of 0.1 s", "seconds", "overhead", "CPU s"), rows)


def write_recipes(folder: Path, count: int) -> None:
    rule = f"""
rule all:
    input: [f"made/{{i}}" for i in range({count})]
    default_target: True
rule one:
    output: "made/{{i}}"
    shell: "{WAITING_JOB} {{output}}"
"""
    (folder / "plain").write_text(rule)
    (folder / "ours").write_text(f'include: "{SCHEDULING}"\n{rule}')
    made = " ".join(f"made/{i}" for i in range(count))
    recipe = f"all: {made}\nmade/%:\n\t@mkdir -p made; {WAITING_JOB} $@\n"
    (folder / "Makefile").write_text(recipe)


def imports() -> None:
    stages = defaultdict(list)
    for stage, place in STAGES.items():
        stages[place.partition(":")[0]].append(stage)
    torch, _ = imported("torch")
    rows = []
    for module, names in stages.items():
        seconds, with_torch = imported(module)
        rows.append((min(names), len(names), seconds, torch / seconds if with_torch else 0.0))
    rows.sort(key=lambda row: -row[2])
    show(("stage", "in its module", "CPU s", "torch alone"), rows)


def imported(module: str) -> tuple[float, bool]:
    """CPU seconds of an import in a process of its own, and whether torch was part of it."""
    program = (
        "import importlib, sys, time; importlib.import_module(sys.argv[1]);"
        "print(time.process_time(), 'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, module], capture_output=True, text=True, check=True
    )
    seconds, with_torch = said.stdout.split()
    return float(seconds), with_torch == "True"


def idle(scale: str, cores: int) -> None:
    corpora = ROOT / ("data/smoke" if scale == "smoke" else "data")
    paths = [
        *(ROOT / "results" / scale).glob("**/runs/*.json"),
        *(corpora / "records").glob("*.json"),
    ]
    records = [read_run(path) for path in paths]
    if not records:
        sys.exit(f"results/{scale} holds no run records: run `make reproduce SCALE={scale}`")
    begin = [datetime.fromisoformat(record["started"]).timestamp() for record in records]
    took = [record["wall_seconds"] * record["machine"].get("threads", 1) for record in records]
    end = max(b + record["wall_seconds"] for b, record in zip(begin, records, strict=True))
    makespan = end - min(begin)
    share = 1 - sum(took) / (cores * makespan)
    show(("scale", "jobs", "minutes", "idle"), [(scale, len(records), makespan / 60, share)])


def measure(command, cwd, **environment) -> tuple[float, float, str]:
    """Wall seconds of a command, its peak memory in MiB, and what it printed."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        output.seek(0)
        text = output.read()
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-2000:]}")
    return seconds, usage.ru_maxrss / 1024, text


def cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

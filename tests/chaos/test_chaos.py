"""Kill runs, damage files, start two at once: afterwards the results are what they always are.

Opt-in, as it runs a part of the workflow at smoke scale several times over: `make chaos`. Moments
and victims are drawn from CHAOS_SEED; CHAOS_TRIALS says how often each disaster strikes.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil
import pytest
import yaml
from tests.chaos.small import MODEL, TARGETS, small_project
from tests.corpora.test_fetch import Loopback, ranged, serving
from tests.workflow.conftest import Project, copy_repository

from crosstalk.digest import file_digest

pytestmark = pytest.mark.chaos

SEED = os.environ.get("CHAOS_SEED", "0")
TRIALS = range(int(os.environ.get("CHAOS_TRIALS", "1")))
# A disk of SIZE bytes that only these commands see, so that no root and no unmounting is needed.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size=$SIZE tmpfs "$DISK" && cp -a "$PROJECT/." "$DISK" && cd "$DISK"
snakemake --cores 2 -- $TARGETS >"$OUT/full.log" 2>&1 && exit 3
mount -o remount,size=8g "$DISK"
workflow/scripts/unlock && snakemake --cores 2 -- $TARGETS && cp -a results "$OUT"
"""


@dataclass
class Calm:
    """A project after a run that nothing disturbed, how long that took and what it made."""

    project: Project
    seconds: float
    results: dict


def results(project):
    """Checksums of all results; run records hold times and differ."""
    folder = project.folder / "results/smoke"
    files = (path for path in folder.rglob("*") if path.is_file() and "runs" not in path.parts)
    return {str(path.relative_to(folder)): file_digest(path) for path in files}


def occupied(folder):
    """Bytes that the files of a folder take on a disk of 4 KiB blocks."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in folder.rglob("*"))


def clear(project):
    """Leave nothing but the archives, whose making takes long."""
    for place in ("results/smoke", "work", "state", "data/smoke/prepared"):
        shutil.rmtree(project.folder / place, ignore_errors=True)


def start(project, *targets):
    """Start Snakemake as the leader of a group of processes."""
    return subprocess.Popen(
        ["snakemake", "--cores", "2", "--quiet", "all", "--", *(targets or TARGETS)],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def power_cut(victim):
    """Kill Snakemake and its jobs in one blow."""
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()


def kill_alone(victim):
    """Kill Snakemake; its jobs know nothing of it and go on to their ends."""
    jobs = psutil.Process(victim.pid).children(recursive=True)
    victim.kill()
    victim.wait()
    psutil.wait_procs(jobs)


def finish(project, *targets):
    """What `make reproduce` does."""
    project.run("workflow/scripts/unlock")
    project.snakemake("--quiet", "all", "--", *(targets or TARGETS))


@pytest.fixture(scope="session")
def calm(tmp_path_factory):
    project = small_project(tmp_path_factory.mktemp("calm") / "crosstalk")
    project.snakemake("--quiet", "all", "--", "data/smoke/prepared/wesnoth/messages.parquet")
    began = time.monotonic()
    project.snakemake("--quiet", "all", "--", *TARGETS)
    return Calm(project, time.monotonic() - began, results(project))


@pytest.fixture
def project(calm, tmp_path):
    """A copy of the undisturbed project, with its times."""
    shutil.copytree(calm.project.folder, tmp_path / "crosstalk", symlinks=True)
    return Project(tmp_path / "crosstalk")


@pytest.mark.parametrize("trial", TRIALS)
def test_killed_at_random_moments(calm, project, trial):
    dice = random.Random(f"kill {SEED} {trial}")
    clear(project)
    for _ in range(dice.randint(1, 3)):
        victim = start(project)
        time.sleep(dice.uniform(0.05, 0.8) * calm.seconds)
        if victim.poll() is None:
            dice.choice([power_cut, kill_alone])(victim)
            project.run("workflow/scripts/unlock")
    finish(project)
    assert results(project) == calm.results


@pytest.mark.parametrize("trial", TRIALS)
def test_a_damaged_file_is_named_and_made_again(calm, project, trial):
    """Snakemake does not look into its outputs; `make verify` does, and deletes what is damaged."""
    dice = random.Random(f"damage {SEED} {trial}")
    listed = project.run("workflow/scripts/verify", "smoke", "chung2018/table_3").stdout
    path = dice.choice(
        sorted(re.findall(r"^stands +((?:work|results|data)/\S+)", listed, re.MULTILINE))
    )
    whole, stamp = (project.folder / path).read_bytes(), (project.folder / path).stat()
    at = dice.randrange(len(whole))
    flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    (project.folder / path).write_bytes(dice.choice([flipped, whole[:at]]))
    os.utime(
        project.folder / path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns)
    )  # as a bad disk would
    found = project.run("workflow/scripts/verify", "smoke", "chung2018/table_3", check=False)
    assert f"first broken link: {path}: not the file that its record describes" in found.stderr
    removed = project.run("workflow/scripts/verify", "--remove", "smoke", "chung2018/table_3")
    assert re.findall(r"^removed (\S+):", removed.stdout, re.MULTILINE) == [path]
    finish(project)
    missing = {path.removeprefix("results/smoke/"): None}  # nothing needs it now, so it is not made
    assert results(project) | missing == calm.results | missing
    finish(project, path)
    assert (project.folder / path).read_bytes() == whole


@pytest.mark.parametrize("trial", TRIALS)
def test_a_truncated_checkpoint(calm, project, trial):
    dice = random.Random(f"checkpoint {SEED} {trial}")
    (project.folder / MODEL).unlink()
    before = set(project.folder.glob("state/train-speech2vec-*/step-*.pt"))
    victim = start(project, MODEL)
    while not (saved := sorted(set(project.folder.glob("state/*/step-*.pt")) - before)):
        assert victim.poll() is None, "the training ended before it could be killed"
        time.sleep(0.01)
    power_cut(victim)
    newest = max(project.folder.glob(f"state/{saved[0].parent.name}/step-*.pt"))
    with newest.open("r+b") as file:
        file.truncate(dice.randrange(newest.stat().st_size))
    finish(project, MODEL, *TARGETS)  # the tables alone do not need a model that is gone
    assert results(project) == calm.results


@pytest.mark.parametrize("trial", TRIALS)
def test_a_disk_that_runs_full(calm, project, trial):
    dice = random.Random(f"disk {SEED} {trial}")
    needed = occupied(project.folder)
    clear(project)
    start = occupied(project.folder)
    disk, out = project.folder.parent / "disk", project.folder.parent / "out"
    disk.mkdir()
    out.mkdir()
    on_disk = Project(disk).beside(
        SIZE=str(start + round(dice.uniform(0.1, 0.8) * (needed - start))),
        DISK=str(disk),
        PROJECT=str(project.folder),
        OUT=str(out),
        TARGETS=" ".join(TARGETS),
    )
    on_disk.run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK)
    said = (out / "full.log").read_text()
    assert re.search(r"crosstalk: error: .*(no space left|is the disk full)", said)
    assert results(Project(out)) == calm.results


@pytest.mark.parametrize("trial", TRIALS)
def test_two_at_once(calm, project, trial):
    clear(project)
    first = start(project)
    locks = project.folder / ".snakemake/locks"
    while not (locks.is_dir() and any(locks.iterdir())):
        assert first.poll() is None
        time.sleep(0.05)
    second = project.snakemake("--", *TARGETS, check=False)
    assert second.returncode == 1
    assert "cannot be locked" in second.stderr
    refused = project.run("workflow/scripts/unlock", check=False)
    assert f"process {first.pid} (" in refused.stderr
    assert first.wait() == 0
    assert results(project) == calm.results


ARCHIVES = ["sounds-en.archive", "sounds-es.archive", "sounds-fr.archive"]


def serve_archives(project, contents, server):
    """Let the registry name the loopback server as the only origin of some archives."""
    path = project.folder / "workflow/corpora.yaml"
    registry = yaml.safe_load(path.read_text())
    for archive in registry["sources"]["asterisk"]["archives"]:
        if content := contents.get(archive["name"]):
            digest = hashlib.sha256(content).hexdigest()
            archive["origins"] = [{"url": server.url(f"/{archive['name']}"), "sha256": digest}]
            archive["bytes"] = len(content)
    path.write_text(yaml.safe_dump(registry))


@pytest.mark.parametrize("trial", TRIALS)
def test_a_network_that_dies_in_mid_transfer(tmp_path, trial):
    """Smoke fetches nothing: archives of mini, of random bytes, from a server that goes away."""
    dice = random.Random(f"network {SEED} {trial}")
    contents = {name: dice.randbytes(dice.randint(1, 4_000_000)) for name in ARCHIVES}
    victim = dice.choice(ARCHIVES)
    arrived = dice.randrange(1, len(contents[victim]))
    project = copy_repository(tmp_path / "crosstalk").beside(
        CROSSTALK_CACHE=str(tmp_path / "cache"), NO_PROXY="127.0.0.1"
    )
    targets = [f"data/raw/asterisk/{name}" for name in ARCHIVES]
    call = ("--config", "scale=mini", "--", *targets)
    gone = threading.Event()

    def last(request):
        ranged(contents[victim], stop=arrived)(request)
        gone.set()

    server = Loopback()
    serve_archives(project, contents, server)
    routes = {f"/{name}": ranged(content) for name, content in contents.items()}
    server.routes = routes | {f"/{victim}": last}
    with serving(server), ThreadPoolExecutor() as pool:
        first = pool.submit(project.snakemake, *call, check=False)
        assert gone.wait(60)
        server.shutdown()
        server.server_close()
        disturbed = first.result()
    assert disturbed.returncode == 1
    assert f"crosstalk: error: {victim} could not be fetched" in disturbed.stderr + disturbed.stdout
    assert not (project.folder / f"data/raw/asterisk/{victim}").exists()
    again = Loopback(server.server_port)
    again.routes = routes
    with serving(again):
        project.snakemake(*call)
    assert {
        n: (project.folder / "data/raw/asterisk" / n).read_bytes() for n in ARCHIVES
    } == contents
    assert f"bytes={arrived}-" in again.ranges  # no byte was sent twice

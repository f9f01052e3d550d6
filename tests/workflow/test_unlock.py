"""A lock is removed only when nobody is at work: tried on a Snakemake that is really killed."""

import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SCRIPT = Path("workflow/scripts/unlock").resolve()
BIN = Path(sys.executable).parent
# The job is `python -m crosstalk`, as in the real workflow, found in the folder itself.
SNAKEFILE = """
rule all:
    output: "done"
    shell: "python -m crosstalk && touch {output}"
"""
JOB = """
import pathlib, time
pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.1)
"""


@pytest.fixture
def unlock():
    loader = importlib.machinery.SourceFileLoader("unlock", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("unlock", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def locked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("done\n")
    return lock


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("/x/bin/python /x/bin/snakemake --cores 2", True),
        ("/x/bin/python -m snakemake --unlock", True),
        ("python -m crosstalk train-speech2vec --seed 0", True),
        ("make reproduce", False),
        ("grep -r snakemake .", False),
        ("python -m pytest -m snakemake", False),
        ("", False),
    ],
)
def test_who_is_at_work(unlock, command, ours):
    assert unlock.is_ours(command.split()) is ours


def test_nothing_to_unlock(unlock, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert unlock.main() == 0
    assert capsys.readouterr() == ("", "")


def test_a_shared_file_system_is_left_alone(unlock, locked, monkeypatch, capsys):
    monkeypatch.setattr(unlock, "filesystem", lambda folder: "nfs4")
    assert unlock.main() == 1
    assert locked.exists()
    error = capsys.readouterr().err
    assert "another machine may run Snakemake here, on nfs4; be sure that none runs" in error


def test_a_process_whose_folder_cannot_be_seen_is_taken_for_one_at_work(
    unlock, locked, monkeypatch, capsys
):
    class Hidden:
        pid = 77

        def cmdline(self):
            return ["snakemake"]

        def cwd(self):
            raise psutil.AccessDenied(self.pid)

        def name(self):
            return "snakemake"

    monkeypatch.setattr(unlock, "filesystem", lambda folder: "ext4")
    monkeypatch.setattr(unlock.psutil, "process_iter", lambda: [Hidden()])
    assert unlock.main() == 1
    assert locked.exists()
    assert "process 77 (snakemake) may be at work here" in capsys.readouterr().err


@pytest.mark.pipeline
def test_after_a_kill_the_next_run_goes_on(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "crosstalk").mkdir()
    (tmp_path / "crosstalk/__init__.py").touch()
    (tmp_path / "crosstalk/__main__.py").write_text(JOB)
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    options = {"cwd": tmp_path, "env": environment, "text": True}

    def unlock():
        return subprocess.run([SCRIPT], capture_output=True, check=False, **options)

    run = ["snakemake", "--cores", "1", "--rerun-incomplete", "--quiet", "all"]
    victim = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    while not (tmp_path / "started").exists():
        assert victim.poll() is None
        time.sleep(0.05)
    job = next(
        p for p in psutil.Process(victim.pid).children(recursive=True) if "-m" in p.cmdline()
    )
    assert f"process {victim.pid} (" in unlock().stderr

    victim.send_signal(signal.SIGKILL)
    victim.wait()
    refused = unlock()  # its job lives on
    assert refused.returncode == 1
    assert f"process {job.pid} (" in refused.stderr

    job.kill()
    (tmp_path / "go").touch()
    assert subprocess.run(run, capture_output=True, check=False, **options).returncode != 0
    assert "none is at work: unlocking" in unlock().stdout
    subprocess.run(run, capture_output=True, check=True, **options)
    assert (tmp_path / "done").exists()

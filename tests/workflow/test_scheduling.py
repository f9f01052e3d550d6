"""What Snakemake is told about when and where jobs may run."""

import re
import threading
from pathlib import Path

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

RULES = Path("workflow/rules/scheduling.smk")


class Scheduler:
    """As much of Snakemake's scheduler as a timer touches."""

    def __init__(self):
        self._open_jobs = threading.Semaphore(0)


def test_finished_jobs_leave_one_timer(monkeypatch):
    ours = JobScheduler._schedule_reevalutation  # the name that Snakemake calls
    monkeypatch.setattr(JobScheduler, "_schedule_reevalutation", ours)  # put back afterwards
    exec(compile(RULES.read_text(), RULES, "exec"), {})
    scheduler, before = Scheduler(), threading.active_count()
    for _ in range(20):
        JobScheduler._schedule_reevalutation(scheduler, 0.05)
    assert threading.active_count() == before + 1
    assert scheduler._open_jobs.acquire(timeout=5)
    scheduler.reevaluation.join(5)
    assert not scheduler._open_jobs.acquire(blocking=False)
    JobScheduler._schedule_reevalutation(scheduler, 0.05)  # and the next one works
    assert scheduler._open_jobs.acquire(timeout=5)


@pytest.mark.pipeline
@pytest.mark.parametrize(("gpus", "asked"), [("", "gpu=0"), ("GPU 0: X (UUID: GPU-1)", "gpu=1")])
def test_jobs_take_a_gpu_where_there_is_one(finished, tmp_path, gpus, asked):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{gpus}'\n")
    tool.chmod(0o755)
    path = f"{tmp_path}:{finished.environment['PATH']}"
    model = "results/smoke/chung2018/models/speech2vec-en-words-seed0.safetensors"
    plan = finished.beside(PATH=path).snakemake("-n", "--force", "--", model)
    assert {
        word for word in (plan.stdout + plan.stderr).replace(",", " ").split() if "gpu=" in word
    } == {asked}


@pytest.mark.pipeline
def test_a_job_that_is_tried_again_gets_more_memory(scratch):
    text = scratch.folder / "results/smoke/chung2018/models/word2vec-en-written-seed0.safetensors"
    text.write_bytes(b"broken")
    turned = "work/smoke/chung2018/spaces/en-rotated-seed0.safetensors"
    only = ("--allowed-rules", "rotate_space", "--force", "--", turned)
    done = scratch.snakemake("--retries", "1", *only, check=False)
    assert done.returncode == 1
    asked = re.findall(r"mem_mb=(\d+)", done.stdout + done.stderr)
    assert [int(megabytes) for megabytes in asked] == [4000, 8000]

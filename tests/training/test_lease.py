"""No two jobs ever hold one GPU, a dead job holds none, and nothing falls back in silence.

Devices are named by a stand-in for nvidia-smi; every job is a process of its own.
"""

import os
import signal
import subprocess
import sys

import pytest

from crosstalk.errors import ParameterError
from crosstalk.training import lease

TWO = """\
GPU 0: NVIDIA H200 (UUID: GPU-aaaa-0)
GPU 1: NVIDIA H200 (UUID: GPU-bbbb-1)
"""
HOLD = """
import os, sys
from crosstalk.training.lease import hold
lease = hold()
print(lease and lease.device, os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""
# Enters and leaves in a log that all share; what was written between is read back by the test.
VISIT = """
import os, sys, time
from crosstalk.training.lease import hold
device = hold().device
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(log, f"{device} {os.getpid()} in\\n".encode())
time.sleep(0.02)
os.write(log, f"{device} {os.getpid()} out\\n".encode())
"""


@pytest.fixture
def job(tmp_path):
    """Start a process on a machine whose nvidia-smi says ``listing`` (None: it has none)."""
    started = []

    def start(code=HOLD, *arguments, listing=TWO, status=0, **environment):
        path = tmp_path / "bin"
        path.mkdir(exist_ok=True)
        if listing is not None:
            (path / "listing").write_text(listing)
            (path / "nvidia-smi").write_text(f"#!/bin/sh\ncat {path}/listing\nexit {status}\n")
            (path / "nvidia-smi").chmod(0o755)
        kept = {
            k: v
            for k, v in os.environ.items()
            if k not in ("CUDA_VISIBLE_DEVICES", "CROSSTALK_DEVICE", "LOCAL_RANK")
        }
        search = f"{path}:/usr/bin:/bin"
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=kept | {"PATH": search, "CROSSTALK_LEASES": str(tmp_path)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_each_job_sees_a_gpu_of_its_own_and_the_third_waits(job):
    first, second = job(), job()
    seen = {first.stdout.readline(), second.stdout.readline()}
    assert seen == {"GPU-aaaa-0 GPU-aaaa-0\n", "GPU-bbbb-1 GPU-bbbb-1\n"}
    third = job()
    assert third.stderr.readline() == "waiting for a GPU: other jobs hold GPU-aaaa-0, GPU-bbbb-1\n"
    second.communicate()  # ends in peace
    assert third.stdout.readline().startswith("GPU-")
    assert third.communicate()[1] == ""  # said once


def test_a_killed_job_frees_its_gpu(job):
    first = job(CUDA_VISIBLE_DEVICES="1")
    assert first.stdout.readline() == "GPU-bbbb-1 GPU-bbbb-1\n"
    second = job(CUDA_VISIBLE_DEVICES="GPU-bbbb-1")
    assert second.stderr.readline() == "waiting for a GPU: other jobs hold GPU-bbbb-1\n"
    first.send_signal(signal.SIGKILL)
    assert second.stdout.readline() == "GPU-bbbb-1 GPU-bbbb-1\n"


def test_no_gpu_has_two_jobs_at_once(job, tmp_path):
    visitors = [job(VISIT, tmp_path / "log") for _ in range(8)]
    for visitor in visitors:
        visitor.communicate()
        assert visitor.returncode == 0
    inside, visits = {}, 0
    for line in (tmp_path / "log").read_text().splitlines():
        device, process, way = line.split()
        if way == "in":
            assert device not in inside, f"{device} was given to two jobs"
            inside[device] = process
            visits += 1
        else:
            assert inside.pop(device) == process
    assert visits == 8


def test_processes_of_one_launch_share_what_the_launcher_gave_them(job):
    ranks = [job(LOCAL_RANK=str(rank)) for rank in range(3)]
    assert {rank.stdout.readline() for rank in ranks} == {"GPU-aaaa-0, GPU-bbbb-1 None\n"}


@pytest.mark.parametrize(
    ("listing", "environment", "says"),
    [
        (None, {}, ""),
        (TWO, {"CROSSTALK_DEVICE": "cpu"}, ""),
        (TWO, {"CUDA_VISIBLE_DEVICES": ""}, ""),
        ("No devices were found\n", {}, "nvidia-smi names no GPU (No devices were found)"),
    ],
)
def test_where_the_cpu_is_used_and_what_is_said(job, listing, environment, says):
    process = job(listing=listing, status=1, **environment)
    assert process.stdout.readline().startswith("None ")
    error = process.communicate()[1]
    assert error == (f"{says}: computing on the CPU\n" if says else "")


@pytest.mark.parametrize(
    ("listing", "environment", "says"),
    [
        (None, {"CROSSTALK_DEVICE": "gpu"}, "CROSSTALK_DEVICE=gpu, but no GPU is visible"),
        (
            TWO,
            {"CROSSTALK_DEVICE": "gpu", "CUDA_VISIBLE_DEVICES": "-1"},
            "CROSSTALK_DEVICE=gpu, but no GPU is visible",
        ),
        (
            "Driver mismatch\n",
            {"CROSSTALK_DEVICE": "gpu"},
            "CROSSTALK_DEVICE=gpu, but nvidia-smi names no GPU (Driver mismatch)",
        ),
        (None, {"CUDA_VISIBLE_DEVICES": "0"}, "CUDA_VISIBLE_DEVICES=0, but there is no nvidia-smi"),
    ],
)
def test_a_gpu_that_is_insisted_on_is_not_replaced(job, listing, environment, says):
    process = job(listing=listing, **environment)
    output, error = process.communicate()
    assert output == ""
    assert f"DeviceError: {says}" in error


# A torch that says so; the real one takes seconds to import.
DEVICE = """
import sys
from types import SimpleNamespace as Space
sys.modules["torch"] = Space(cuda=Space(is_available=lambda: {cuda}), device=str)
from crosstalk.training.device import device
print(device())
"""


@pytest.mark.parametrize(
    ("cuda", "listing", "output", "error"),
    [
        (True, TWO, "cuda\n", ""),
        (False, None, "cpu\n", ""),
        (False, TWO, "", "DeviceError: torch cannot use the GPU GPU-aaaa-0: its driver may be too"),
        (True, None, "", "DeviceError: torch sees a GPU that nvidia-smi does not name"),
    ],
)
def test_torch_computes_where_the_lease_says_or_not_at_all(job, cuda, listing, output, error):
    said = job(DEVICE.format(cuda=cuda), listing=listing).communicate()
    assert said[0] == output
    assert error in said[1]


def test_a_misspelt_wish_is_an_error(monkeypatch):
    monkeypatch.setenv("CROSSTALK_DEVICE", "gqu")
    monkeypatch.setattr(lease, "_held", [])
    with pytest.raises(ParameterError, match="auto, cpu, gpu"):
        lease.hold()

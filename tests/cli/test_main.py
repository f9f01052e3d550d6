"""The command line: one line for every failure, and outputs that are whole or absent."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest
import torch
from pydantic import Field, model_validator

from crosstalk import __main__ as command
from crosstalk import records
from crosstalk.errors import DataError
from crosstalk.params.section import Section
from crosstalk.stage import Input, Output, load_stage
from crosstalk.stages import STAGES

HERE = Path(__file__)
LESS = "lower batch_frogs=8 and raise accumulate=1 in proportion"


class ToyParams(Section):
    """Parameters of the toy stage below."""

    times: int = Field(2, ge=1)
    batch_frogs: int = 8
    accumulate: int = 1

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.times == 13:
            raise ValueError("times=13 brings bad luck")
        return self


def toy(
    *,
    cfg: ToyParams,
    name: str,
    text: Input,
    more: list[Input],
    copy: Output,
    side: Output,
    parts: list[Output],
) -> None:
    """Repeat a text; misbehaves as ``name`` asks."""
    for number, part in enumerate(parts):
        part.write_text(str(number))
    copy.write_text(text.read_text() * cfg.times + "".join(p.read_text() for p in more))
    if name == "bad data":
        raise DataError(f"{text} is broken:\n fetch it again")
    if name == "bug":
        raise ZeroDivisionError
    if name == "full":
        Path("/dev/full").write_text("x")
    if name == "read-only":
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "out")
    if name == "GPU memory":
        raise torch.OutOfMemoryError
    if name == "memory":
        bytearray(2**60)
    if name == "tensor":
        torch.empty(2**60, dtype=torch.uint8)
    if name == "wrong shapes":
        torch.ones(2, 3) @ torch.ones(2, 3)
    if name == "slow":
        time.sleep(30)
    if name != "forgets":
        side.write_text("done")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the toy stage in an empty folder; returns (status, last line on standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "STAGES", {"toy": f"{__name__}:toy"})
    monkeypatch.setattr(records, "module_files", lambda module: [])  # the toy is not packaged
    Path("in.txt").write_text("ab")

    def call(name="fine", cfg='{"times": 3}', text="in.txt", more=("in.txt", "in.txt")):
        arguments = ["toy", "--cfg", cfg, "--name", name, "--text", text, "--more", *more]
        arguments += ["--copy", "out/copy.txt", "--side", "out/side.txt"]
        arguments += ["--parts", "out/part.0", "elsewhere/part.1"]
        status = command.main([*arguments, "--record", "runs/toy.json"])
        return status, capsys.readouterr().err

    return call


def test_a_stage_writes_outputs_and_a_record(run):
    assert run() == (0, "")
    assert Path("out/copy.txt").read_text() == "ababab" + "ab" * 2
    record = json.loads(Path("runs/toy.json").read_text())
    assert record["parameters"] == {"cfg": {"times": 3, "batch_frogs": 8, "accumulate": 1}}
    assert record["values"] == {"name": "fine"}
    (made,) = record["outputs"]["copy"]
    assert made["path"] == "out/copy.txt"
    # SHA-256 of "ababababab", by sha256sum
    assert (
        made["sha256"]
        == subprocess.run(
            ["sha256sum", "out/copy.txt"], capture_output=True, text=True, check=True
        ).stdout.split()[0]
    )
    assert [i["bytes"] for i in record["inputs"]["more"]] == [2, 2]
    assert record["machine"]["device"] == "cpu"
    assert (record["gpu_seconds"], record["peak_gpu_bytes"]) == (0, 0)
    assert record["cpu_seconds"] > 0
    assert record["wall_seconds"] >= 0
    assert record["peak_memory_bytes"] > 2**20
    assert sorted(p.name for p in Path("out").iterdir()) == ["copy.txt", "part.0", "side.txt"]
    parts = [entry["path"] for entry in record["outputs"]["parts"]]
    assert parts == ["out/part.0", "elsewhere/part.1"]
    assert [Path(part).read_text() for part in parts] == ["0", "1"]


def test_a_list_may_be_empty(run):
    assert run(more=()) == (0, "")
    assert Path("out/copy.txt").read_text() == "ababab"
    assert json.loads(Path("runs/toy.json").read_text())["inputs"]["more"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step,epoch,loss\n5,0.1,3.0\n12,0.2,2.0\n", {"updates": 12}),
        ("restart,phase\n0,adversarial\n", {}),
        ("step,epoch,loss\n", {}),
    ],
)
def test_a_training_says_how_many_updates_it_made(tmp_path, text, said):
    (tmp_path / "history.csv").write_text(text)
    assert records.describe_training(tmp_path / "history.csv") == said


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bad data", "in.txt is broken: fetch it again"),
        ("full", "no space left"),
        ("read-only", "cannot write at out: it is read-only"),
        ("forgets", "did not write out/side.txt"),
        ("GPU memory", f"out of GPU memory: {LESS}, or set CROSSTALK_DEVICE=cpu"),
        ("memory", f"out of memory: {LESS}, or run fewer jobs at once"),
        ("tensor", f"out of memory: {LESS}, or run fewer jobs at once"),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(run, name, says):
    status, error = run(name)
    assert status == 1
    assert says in error
    assert error.count("\n") == 1
    assert error.startswith("crosstalk: error: ")
    assert not list(Path("out").iterdir())
    assert not list(Path("runs").iterdir())


def test_a_failure_keeps_the_older_output(run):
    run()
    run("bad data")
    assert Path("out/copy.txt").read_text() == "ababababab"


def test_a_bug_keeps_its_traceback(run):
    with pytest.raises(ZeroDivisionError):
        run("bug")
    assert not list(Path("out").iterdir())


def test_a_bug_of_torchs_kind_keeps_its_traceback(run):
    with pytest.raises(RuntimeError, match="shapes"):
        run("wrong shapes")


def test_a_missing_input_is_named(run):
    status, error = run(text="absent.txt")
    assert status == 1
    assert "text file absent.txt does not exist" in error


@pytest.mark.parametrize(
    ("cfg", "says"),
    [
        ('{"times": 0}', "times=0"),
        ('{"tims": 1}', "tims=1"),
        ("{", "--cfg"),
        ("{" * 1000, "--cfg"),
        ('{"times": 13}', "error: toy: --cfg: times=13 brings bad luck\n"),
    ],
)
def test_bad_parameters_are_named(run, cfg, says):
    status, error = run(cfg=cfg)
    assert status == 1
    assert says in error
    assert len(error) < 300


def test_unknown_stage_lists_the_valid_ones(run, capsys):
    assert command.main(["tooy"]) == 1
    assert "'tooy' is not a stage; valid: toy" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(run):
    Path("out").mkdir(mode=0o500)
    status, error = run()
    assert status == 1
    assert "read-only or belongs to someone else" in error


def start_slow(folder):
    """Start the toy stage in a process of its own and wait until it is inside its work."""
    Path(folder, "in.txt").write_text("ab")
    program = (
        "import sys; from crosstalk import __main__ as c; sys.path.insert(0, sys.argv[1]);"
        "c.STAGES = {'toy': 'test_main:toy'}; sys.exit(c.main(sys.argv[2:]))"
    )
    arguments = ["toy", "--cfg", "{}", "--name", "slow", "--text", "in.txt", "--more", "in.txt"]
    arguments += ["--copy", "out/copy.txt", "--side", "out/side.txt", "--parts", "out/part.0"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(HERE.parent), *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    partial = Path(folder, "out/.copy.txt.partial/copy.txt")
    for _ in range(1000):
        if partial.exists():
            return process
        time.sleep(0.02)
    raise AssertionError(process.communicate(timeout=1))


def test_two_writers_of_one_output_are_kept_apart(run, tmp_path):
    first = start_slow(tmp_path)
    try:
        status, error = run()
    finally:
        first.kill()
        first.communicate()
    assert status == 1
    assert "out/copy.txt is being written by another process" in error
    assert run() == (0, "")  # what the killed one left behind is in nobody's way
    assert sorted(p.name for p in Path("out").iterdir()) == ["copy.txt", "part.0", "side.txt"]


def test_an_interrupted_stage_leaves_nothing(tmp_path):
    process = start_slow(tmp_path)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error == "crosstalk: error: interrupted; nothing half-written was kept\n"
    assert not list(Path(tmp_path, "out").iterdir())


def test_leaving_at_once_still_says_everything_and_clears_up(tmp_path):
    """Temporary folders go by handlers at exit; text in a pipe waits in a buffer until then."""
    program = (
        "import sys, tempfile; from crosstalk.__main__ import leave;"
        "kept = tempfile.TemporaryDirectory(dir=sys.argv[1]); print('said'); leave(3)"
    )
    left = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False
    )
    assert (left.returncode, left.stdout) == (3, "said\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", sorted(STAGES))
def test_every_stage_loads_and_its_arguments_have_a_command_line(name):
    arguments = load_stage(name, STAGES[name]).arguments
    assert any(argument.role == "output" for argument in arguments)

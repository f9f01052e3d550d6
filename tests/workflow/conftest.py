"""One run of the whole workflow at smoke scale, by DVC, shared by every test of this folder."""

import fcntl
import operator
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
IDENTITY = ["-c", "user.name=test", "-c", "user.email=test@example.org"]


class Project:
    """A clone of this repository in a folder of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CROSSTALK_")},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "DVC_NO_ANALYTICS": "1",
            "OMP_NUM_THREADS": "1",
        }

    def beside(self, **environment):
        """The same folder with other environment variables."""
        other = Project(self.folder)
        other.environment |= environment
        return other

    def run(self, *command, check=True):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"{command} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    def snakemake(self, *arguments, check=True):
        return self.run("snakemake", "--cores", "2", *arguments, check=check)

    def planned(self, *arguments):
        """Rules that a plain call would run, with how many jobs each."""
        text = self.snakemake("-n", *arguments)
        text = text.stdout + text.stderr
        if "Nothing to be done" in text:
            return {}
        stats = text.split("Job stats:")[1].split("\ntotal")[0]
        return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", stats, re.MULTILINE)}

    def set_parameter(self, name, value):
        """Change a value that params.yaml holds, however it is written there."""
        path, yaml = self.folder / "params.yaml", YAML()
        yaml.width = 1000
        tree = yaml.load(path)
        *groups, key = name.split(".")
        section = reduce(operator.getitem, groups, tree)
        assert key in section, f"params.yaml has no {name}"
        section[key] = value
        yaml.dump(tree, path)


def copy_repository(folder):
    """Copy the files of the working tree that git knows or does not ignore, as a new repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in listed:
        ours = not name.startswith(("results/", "data/records/"))
        if name and ours and (ROOT / name).is_file():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    project = Project(folder)
    project.set_parameter("scale", "smoke")
    ignored = project.folder / ".gitignore"  # here smoke results are what a user commits
    lines = ignored.read_text().replace("/results/smoke/\n", "")
    ignored.write_text(lines.replace("/data/smoke/\n", "/data/smoke/raw/\n/data/smoke/prepared/\n"))
    project.run("git", "init", "-q")
    project.run("git", "add", "-A")
    project.run("git", *IDENTITY, "commit", "-qm", "start")
    return project


@contextmanager
def alone(path):
    """Hold the file against the other workers of this test run."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run_once(folder):
    """Run the workflow by DVC in the folder and commit the results, unless it was tried before."""
    done = folder.with_suffix(".done")
    if not done.exists():
        assert not folder.exists(), "the run of another worker failed"
        project = copy_repository(folder)
        project.run("dvc", "repro")
        project.run("git", "add", "-A")
        project.run("git", *IDENTITY, "commit", "-qm", "results")
        done.touch()


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """Return the folder of the run that all workers share; nobody writes there afterwards."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with alone(shared / "smoke.lock"):
        run_once(shared / "smoke")
    return shared / "smoke"


def copy_of(original, folder):
    shutil.copytree(original, folder / "crosstalk", symlinks=True)
    return Project(folder / "crosstalk")


@pytest.fixture(scope="session")
def finished(original, tmp_path_factory):
    """Return the project after `dvc repro` at smoke scale, committed to git: one a worker."""
    return copy_of(original, tmp_path_factory.mktemp("finished"))


@pytest.fixture
def scratch(original, tmp_path):
    """Return the same for one test alone, to change as it likes."""
    return copy_of(original, tmp_path)

"""One environment, many doors: lock, conda environment and container give the same versions."""

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ENVS = Path("envs")
LOCK = ENVS / "requirements.txt"
PINS = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock):
    """Requirements of a lock, each with the lines that belong to it."""
    return re.split(r"\n(?=\S)", lock.read_text().strip())


def test_every_requirement_is_pinned_with_a_hash():
    asked = re.findall(r"^([A-Za-z0-9._-]+)", (ENVS / "requirements.in").read_text(), re.MULTILINE)
    assert {normal(name) for name in asked} <= set(PINS)
    for lock in (LOCK, ENVS / "uv.txt"):
        assert all("--hash=sha256:" in entry for entry in entries(lock))


def test_the_running_environment_is_the_locked_one():
    """Whichever door it came through."""
    wrong = {}
    for entry in entries(LOCK):
        pinned = Requirement(entry.partition("\\")[0])
        if pinned.marker is not None and not pinned.marker.evaluate():
            continue  # a requirement of another platform
        try:
            installed = version(pinned.name)
        except PackageNotFoundError:
            installed = "nothing"
        if f"=={installed.partition('+')[0]}" != str(pinned.specifier):
            wrong[pinned.name] = (installed, str(pinned.specifier))
    assert wrong == {}
    python = Path(".python-version").read_text().strip()
    assert platform.python_version().startswith(f"{python}.")


def test_the_package_imports_only_what_is_required():
    asked = {
        normal(n)
        for n in re.findall(
            r"^([A-Za-z0-9._-]+)", (ENVS / "requirements.in").read_text(), re.MULTILINE
        )
    }
    names = {"PIL": "pillow", "ruamel": "ruamel-yaml", "sklearn": "scikit-learn"}
    imported = set()
    for path in Path("src").rglob("*.py"):
        for name in re.findall(r"^(?:from|import) ([A-Za-z_0-9]+)", path.read_text(), re.MULTILINE):
            imported.add(normal(names.get(name, name)))
    import sys

    assert (
        imported
        - {normal(n) for n in sys.stdlib_module_names}
        - {"crosstalk", "--future--", "-future-"}
        <= asked
    )


def test_conda_installs_the_lock_and_nothing_else_of_python():
    environment = yaml.safe_load((ENVS / "environment.yml").read_text())
    python = Path(".python-version").read_text().strip()
    tools = [part for part in environment["dependencies"] if isinstance(part, str)]
    assert tools == [f"python={python}", "c-compiler", "git", "make", "pip"]
    (pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    (options,) = (line.split() for line in pip)
    assert options[:2] == ["--require-hashes", "-r"]
    assert ENVS / options[2] == LOCK  # conda reads it from beside the environment's file


def test_the_container_installs_by_make_setup_and_by_nothing_else():
    steps = (ENVS / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    assert "FROM docker.io/library/debian:12" in steps  # the registry pins its packages' versions
    runs = [step.removeprefix("RUN ") for step in steps if step.startswith("RUN ")]
    system, setup = runs
    assert setup == "make setup"
    assert not re.search(r"pip3? install|uv |conda ", system)
    assert steps.index("COPY . .") < steps.index("RUN make setup")


UV = """#!/bin/sh
echo "$@" >> "$CALLS"
[ "$1" != venv ] || mkdir -p .venv/bin
"""


def test_make_setup_installs_the_lock_with_its_hashes(tmp_path):
    """With a stand-in for uv, which notes what it is asked for."""
    place = tmp_path / "clone"
    shutil.copytree(ENVS, place / "envs")
    for name in ("Makefile", "pyproject.toml", ".python-version"):
        shutil.copy(name, place)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("uv", UV), ("cc", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    calls = tmp_path / "calls"
    given = os.environ | {"PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(calls)}
    subprocess.run(["make", "setup"], cwd=place, env=given, check=True, capture_output=True)
    _, venv, sync, own = calls.read_text().splitlines()
    assert f"--python {Path('.python-version').read_text().strip()} .venv" in venv
    assert sync.startswith("pip sync ")
    assert sync.endswith("--require-hashes envs/requirements.txt")
    assert "--no-deps --no-build-isolation --editable ." in own
    assert (place / ".venv/ready").exists()


@pytest.mark.parametrize(
    "path", [LOCK, ENVS / "uv.txt", ENVS / "requirements.in", ENVS / "environment.yml"]
)
def test_no_download_address_is_recorded(path):
    assert "://" not in path.read_text()
    assert "index-url" not in path.read_text()


def test_products_of_tall_matrices_survive_where_there_is_no_avx512():
    """OpenBLAS 0.3.34, in numpy 2.5, overran its stack in the loops of such processors."""
    program = (
        "import numpy as np\n"
        "x = np.ones((1000, 65))\n"
        "for columns in (2, 3, 5, 12, 40):\n"
        "    y = x @ np.ones((65, columns))\n"
        "    assert (x.T @ y == 65000).all()\n"
    )
    asked = os.environ | {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=asked, check=False)
    assert done.returncode == 0

"""One environment, many doors: lock, conda environment and container name the same versions."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml

ENVS = Path("envs")
LOCK = ENVS / "requirements.txt"
PINS = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_pinned_with_a_hash():
    asked = re.findall(r"^([A-Za-z0-9._-]+)", (ENVS / "requirements.in").read_text(), re.MULTILINE)
    assert {normal(name) for name in asked} <= set(PINS)
    entries = re.split(r"\n(?=\S)", LOCK.read_text().strip())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_running_environment_is_the_locked_one():
    wrong = {}
    for name, pinned in PINS.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # a requirement of another platform
        if installed.partition("+")[0] != pinned:
            wrong[name] = (installed, pinned)
    assert wrong == {}


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


def test_conda_installs_the_lock():
    environment = yaml.safe_load((ENVS / "environment.yml").read_text())
    python = Path(".python-version").read_text().strip()
    assert f"python={python}" in environment["dependencies"]
    (pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    assert pip == ["--require-hashes -r requirements.txt"]


def test_the_container_installs_the_lock():
    recipe = (ENVS / "Containerfile").read_text()
    assert "make setup" in recipe
    assert "debian:12" in recipe  # the registry pins this release's package versions


@pytest.mark.parametrize(
    "path", [LOCK, ENVS / "uv.txt", ENVS / "requirements.in", ENVS / "environment.yml"]
)
def test_no_download_address_is_recorded(path):
    assert "://" not in path.read_text()
    assert "index-url" not in path.read_text()

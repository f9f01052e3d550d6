"""Fetch one archive of a paper's corpus from its official home."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from crosstalk.corpora.download import download, without_secrets
from crosstalk.corpora.fetch import cache_entry
from crosstalk.corpora.paper.sessions import open_session
from crosstalk.digest import digest
from crosstalk.errors import FetchError
from crosstalk.params.paper_corpora import Dataset, LargeArchive
from crosstalk.stage import Output


def fetch_large_archive(*, cfg: LargeArchive, archive: Output) -> None:
    """Write the archive that ``cfg`` describes (stage).

    A folder named by ``CROSSTALK_MIRROR`` is looked through first, then the addresses are tried in
    order. What arrives counts if it has the published checksum, or, where nobody publishes one, the
    length that the server announced. An interrupted download is kept in the cache and continued.

    Raises
    ------
    FetchError
        No place delivered the file; it names every place and why it failed.

    """
    with cache_entry(digest(cfg), cfg.name) as folder:
        failures: list[str] = []
        expected = _expected(cfg, folder)
        copy = _mirrored([cfg.name, *map(_name, cfg.urls)])
        if copy and (fault := _fault(copy, expected)):
            failures.append(f"{copy}: {fault}")
        elif copy:
            shutil.copyfile(copy, archive)
            return
        for url in cfg.urls:
            try:
                found = _deliver(url, folder / "download", cfg.name, cfg.bytes, expected)
            except FetchError as error:
                failures.append(f"{without_secrets(url)}: {error}")
            else:
                shutil.move(found, archive)
                shutil.rmtree(folder)
                return
    raise FetchError(
        f"{cfg.name} could not be fetched: {'; '.join(failures)}; run again when the network is "
        f"back, or set CROSSTALK_MIRROR to a folder that holds {cfg.name}"
    )


def fetch_dataset(*, cfg: Dataset, archive: Output) -> None:
    """Write the archive of a data set that a service hands out for a key (stage).

    The key is read from the environment variable that ``cfg`` names. It is sent to the service
    alone, in a header, and is in no message, log or record; nor is the address that the service
    signs for the download.

    Raises
    ------
    FetchError
        The key is missing or refused, its owner has not accepted the terms, or what arrived is not
        what the service announced.

    """
    key = os.environ.get(cfg.key)
    if not key:
        raise FetchError(f"{cfg.key} is not set: put your key for {cfg.service} into it")
    session = open_session(cfg, key)
    # Another release of the data set has another checksum and must not continue this one.
    entry = digest([cfg.service, cfg.dataset, session.checksum])
    with cache_entry(entry, cfg.dataset) as folder:
        try:
            found = _deliver(
                session.url, folder / "download", cfg.dataset, session.bytes, session.expected
            )
        except FetchError as error:
            raise FetchError(f"data set {cfg.dataset} of {cfg.service}: {error}") from None
        shutil.move(found, archive)
        shutil.rmtree(folder)


def _deliver(url: str, file: Path, label: str, size: int, expected: str | None) -> Path:
    """Download to ``file`` after what it holds; once more from the start if that was bad."""
    continued = file.exists()
    # A whole file is left when there was no space to move it to its place.
    if not (continued and expected and not _fault(file, expected)):
        download(url, file, label=label, size=size)
    fault = _fault(file, expected)
    if fault and continued:
        file.unlink()
        download(url, file, label=label, size=size)
        fault = _fault(file, expected)
    if fault:
        file.unlink()
        raise FetchError(f"it delivered a file that is not the published one: {fault}")
    return file


def _expected(cfg: LargeArchive, folder: Path) -> str | None:
    """Return the published checksum, from a published list if need be."""
    if cfg.md5_list is None:
        return cfg.sha256 or cfg.md5
    listed = _mirrored([_name(cfg.md5_list)])
    try:
        if listed is None:
            listed = folder / "checksums"
            listed.unlink(missing_ok=True)
            download(cfg.md5_list, listed, label="checksums", size=0)
        lines = [line.split() for line in listed.read_text().splitlines()]
    except (FetchError, UnicodeDecodeError) as error:
        raise FetchError(
            f"{cfg.name}: no checksums from {without_secrets(cfg.md5_list)}: {error}; run again "
            f"when the network is back, or add {_name(cfg.md5_list)} to the folder CROSSTALK_MIRROR"
        ) from None
    name = _name(cfg.urls[0])
    sums = [line[0] for line in lines if len(line) == 2 and PurePosixPath(line[1]).name == name]
    if len(sums) != 1:
        raise FetchError(f"{without_secrets(cfg.md5_list)} has no line for {name}")
    return sums[0].lower()


def _fault(file: Path, expected: str | None) -> str:
    """Say how a file differs from its checksum (32 digits: MD5, 64: SHA-256), or nothing."""
    if expected is None:
        return ""
    kinds: dict[int, Callable[[], object]] = {
        32: lambda: hashlib.md5(usedforsecurity=False),
        64: hashlib.sha256,
    }
    if len(expected) not in kinds:
        raise FetchError(f"the published checksum {expected!r} is neither MD5 nor SHA-256")
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, kinds[len(expected)]).hexdigest()
    return "" if found == expected else f"its checksum is {found}, not {expected}"


def _mirrored(names: list[str]) -> Path | None:
    """Return a file of one of the names in the mirror folder, or one folder below."""
    mirror = os.environ.get("CROSSTALK_MIRROR")
    if not mirror:
        return None
    places = (p for name in names for p in (Path(mirror, name), *Path(mirror).glob(f"*/{name}")))
    return next((place for place in places if place.is_file()), None)


def _name(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name

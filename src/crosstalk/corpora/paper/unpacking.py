"""Large archives unpacked for the time of one job."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crosstalk.errors import DataError
from crosstalk.progress import progress


@contextmanager
def unpacked(archives: Iterable[Path], beside: Path) -> Iterator[Path]:
    """Unpack tars and zips into a folder beside an output, and remove it afterwards.

    lhotse's recipes read folders. The folder lies on the disk of the output, where room is needed
    anyway, and is made anew if an earlier run was killed.

    Raises
    ------
    DataError
        A file is no archive, is cut short, or would write outside the folder.

    """
    folder = beside.parent / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for archive in archives:
            try:
                _unpack(archive, folder)
            except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
                raise DataError(
                    f"{archive} is not a complete archive ({error}); delete it and run again"
                ) from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: Path, folder: Path) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)  # noqa: S202, it drops what would lead outside
        return
    with tarfile.open(archive, "r|*") as opened:
        for entry in progress(opened, label=archive.name, unit="file"):
            opened.extract(entry, folder, filter="data")

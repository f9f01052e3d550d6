"""Read files out of an archive as it is, without unpacking it and without dpkg.

The kind of archive is told from its first bytes, never from its name: a Debian package (an ``ar``
container around ``data.tar.*``), a tar compressed by gzip or xz, or a zip.
"""

from __future__ import annotations

import fnmatch
import gzip
import io
import lzma
import posixpath
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from crosstalk.errors import DataError

type Accept = Callable[[str], object]

_AR_MAGIC = b"!<arch>\n"
_AR_HEADER_BYTES = 60
_ZIP_MAGIC = b"PK\x03\x04"
_OPENERS: dict[bytes, Callable[..., IO[bytes]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_DRAIN_BYTES = 1 << 20


def iter_files(path: Path, select: str | Accept) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name, content)`` of the files that ``select`` accepts.

    ``select`` is a shell pattern matched against the whole name (``*`` also matches ``/``, case
    counts), or a predicate on the name. Names are relative with ``/`` between folders and no
    leading ``./``. Order is the archive's own, which is fixed because the archive is pinned by its
    checksum; links to files of the same archive follow with their target's content, because one
    packer stores as a link what another stores as a copy. Folders, devices and links that lead
    elsewhere are passed over. Nothing is written to disk, and one file is in memory at a time
    (links: their targets together).

    Raises DataError if the file is not an archive, is cut short or damaged, or holds a name that
    would lead outside the archive. A cut is certain to be seen only once the iterator is exhausted.
    """
    accept = re.compile(fnmatch.translate(select)).match if isinstance(select, str) else select
    try:
        with path.open("rb") as file:
            yield from (_zip_files if _starts_with(file, _ZIP_MAGIC) else _tar_files)(file, accept)
    except (
        EOFError,
        gzip.BadGzipFile,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise DataError(
            f"{path} is not a complete archive ({error}); delete it and run again to fetch it anew"
        ) from error


def _zip_files(file: IO[bytes], accept: Accept) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            is_file = not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)
            if is_file and accept(name := _relative(info.filename)):
                yield name, archive.read(info)


def _tar_files(file: IO[bytes], accept: Accept) -> Iterator[tuple[str, bytes]]:
    links: dict[str, str] = {}
    for entry, name, read in _tar_entries(file):
        if entry.isreg() and accept(name):
            yield name, read()
        elif entry.islnk():
            links[name] = posixpath.normpath(entry.linkname)
        elif entry.issym():
            links[name] = posixpath.normpath(
                posixpath.join(posixpath.dirname(name), entry.linkname)
            )
    targets = {name: _follow(links, name) for name in links if accept(name)}
    if targets:
        wanted = set(targets.values())
        contents = {name: read() for _, name, read in _tar_entries(file) if name in wanted}
        for name, target in targets.items():
            if contents.get(target) is not None:
                yield name, contents[target]


def _follow(links: dict[str, str], name: str) -> str:
    seen: set[str] = set()
    while name in links and name not in seen:
        seen.add(name)
        name = links[name]
    return name


def _tar_entries(
    file: IO[bytes],
) -> Iterator[tuple[tarfile.TarInfo, str, Callable[[], bytes | None]]]:
    """Yield every entry with its name and a way to read it before the next one is asked for."""
    compressed = _debian_data(file) if _starts_with(file, _AR_MAGIC) else file
    opener = next((o for magic, o in _OPENERS.items() if _starts_with(compressed, magic)), None)
    if opener is None:
        raise tarfile.ReadError("neither a .deb, a .tar.gz, a .tar.xz nor a .zip")
    # tarfile's own decompression ends quietly where the compressed stream is cut between two
    # entries; the opener's stream raises EOFError, and reading it to its end checks its checksum.
    with opener(compressed) as plain:
        with tarfile.open(fileobj=plain, mode="r|") as archive:
            for entry in archive:

                def read(entry: tarfile.TarInfo = entry) -> bytes | None:
                    content = archive.extractfile(entry) if entry.isreg() else None
                    return content and content.read()

                yield entry, _relative(entry.name), read
        while plain.read(_DRAIN_BYTES):
            pass


def _relative(name: str) -> str:
    relative = posixpath.normpath(name)
    if relative.startswith(("/", "../")) or relative == "..":
        raise tarfile.ReadError(f"unsafe name {name!r}")
    return relative


def _starts_with(file: IO[bytes], magic: bytes) -> bool:
    file.seek(0)
    found = file.read(len(magic)) == magic
    file.seek(0)
    return found


def _debian_data(file: IO[bytes]) -> IO[bytes]:
    """Return the ``data.tar.*`` member of a .deb as a file of its own (deb(5), ar(5))."""
    end = file.seek(0, io.SEEK_END)
    offset = len(_AR_MAGIC)
    while offset < end:
        file.seek(offset)
        header = file.read(_AR_HEADER_BYTES)
        size = header[48:58].strip()
        if header[58:] != b"`\n" or not size.isdigit():
            raise EOFError("a header of the package is damaged")
        offset += _AR_HEADER_BYTES
        if offset + int(size) > end:
            raise EOFError("the package ends before its contents do")
        if header.startswith(b"data.tar"):
            return io.BufferedReader(_Slice(file, offset, int(size)))
        offset += int(size) + int(size) % 2  # members start at even offsets
    raise EOFError("the package has no data.tar member")


class _Slice(io.RawIOBase):
    """Bytes ``[start, start + size)`` of a seekable file, read-only and seekable."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        self._file.seek(self._start + self._at)
        content = self._file.read(min(len(buffer), max(self._size - self._at, 0)))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

"""DVC pointers: small files in git that say which archive belongs where.

They are what ``dvc add --no-commit`` writes, so that ``dvc pull``, ``dvc status`` and ``dvc push``
work on a clone whose archives were fetched by the workflow, and the reverse.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

POINTER = """\
outs:
- md5: {md5}
  size: {size}
  hash: md5
  path: {name}
"""


def write_pointer(archive_path: Path, pointer_path: Path) -> None:
    """Describe the archive in a pointer, which belongs beside it as ``<archive>.dvc``.

    MD5 is DVC's name for a file in its cache; what guards a download is the registry's SHA-256.
    """
    with archive_path.open("rb") as file:
        md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    size = archive_path.stat().st_size
    name = pointer_path.name.removesuffix(".dvc")
    pointer_path.write_text(POINTER.format(md5=md5, size=size, name=name))

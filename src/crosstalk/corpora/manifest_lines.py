"""Lhotse's manifests as plain dictionaries: who wants a few fields need not wait for its import."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosstalk.errors import DataError

_DAMAGE = (AssertionError, EOFError, KeyError, OSError, TypeError, ValueError, zlib.error)


@contextmanager
def manifest_lines(path: Path) -> Iterator[Iterator[dict[str, Any]]]:
    """Give the items of a manifest, gzipped JSON lines, one by one.

    Raises
    ------
    DataError
        The file is damaged, or an item is not what the block under ``with`` takes it for.

    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield map(json.loads, lines)
    except _DAMAGE as error:
        raise DataError(
            f"{path} is not a lhotse manifest ({error!r}); delete it and run again"
        ) from error

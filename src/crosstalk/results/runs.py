"""Run records as files: what every finished job left behind (see `crosstalk.records`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crosstalk.errors import DataError


def read_run(path: Path) -> dict[str, Any]:
    """Read one run record; its own path is added as ``record``."""
    try:
        return json.loads(path.read_text()) | {"record": path.as_posix()}
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} is not a run record: delete it and run again") from error

"""Reading YAML 1.2, as DVC does: ``1e-3`` is a number and ``off`` is a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crosstalk.errors import ParameterError


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; raises ParameterError when it is missing or malformed."""
    try:
        return YAML(typ="safe", pure=True).load(path) or {}
    except FileNotFoundError as error:
        raise ParameterError(f"{path} does not exist: run from the repository's root") from error
    except YAMLError as error:
        problem = " ".join(str(error).split())
        raise ParameterError(f"{path} is not valid YAML: {problem}") from error

"""What is wrong with a parameter, in words: one short line however large the value is."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import Repr
from typing import Any

short = Repr(maxlevel=2, maxstring=60, maxother=60).repr
"""As `repr`, of bounded length."""


def describe(error: Mapping[str, Any], root: str = "") -> str:
    """Say what one of pydantic's `ValidationError.errors()` objects to.

    The checks of our own sections name the values that they compare, so the input, which may be all
    parameters, is left out. ``root`` stands for the path of what was read as a whole.
    """
    path = ".".join(str(part) for part in error["loc"]) or root
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"{path}: {context['error']}".removeprefix(": ")
    if error["type"] == "missing":
        return f"{path} is missing"
    message = f"should be {context['expected']}" if "expected" in context else error["msg"]
    return f"{path}={short(error['input'])} is not valid: {message}"

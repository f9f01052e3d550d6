"""What a stage is: a function whose keyword-only signature is its command line.

A parameter annotated ``Input`` is a file that must exist, ``Output`` one that the stage makes,
``list[…]`` of either several; a pydantic section (``cfg``) is given as JSON; the rest are plain
values.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from crosstalk.errors import CrosstalkError
from crosstalk.params.section import Section

Input = Annotated[Path, "input"]
Output = Annotated[Path, "output"]


@dataclass(frozen=True)
class Argument:
    """One keyword of a stage: its ``role`` is ``input``, ``output``, ``cfg`` or ``value``."""

    name: str
    role: str
    type: Any
    many: bool = False
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Stage:
    """A named stage and the function that runs it."""

    name: str
    function: Callable[..., None]
    arguments: tuple[Argument, ...]

    def named(self, role: str) -> list[Argument]:
        return [a for a in self.arguments if a.role == role]


def load_stage(name: str, target: str) -> Stage:
    """Import ``module:function`` and read its arguments from the signature."""
    module, _, function_name = target.partition(":")
    function = getattr(import_module(module), function_name)
    hints = typing.get_type_hints(function, include_extras=True)
    arguments = tuple(
        _argument(parameter, hints[parameter.name])
        for parameter in inspect.signature(function).parameters.values()
    )
    return Stage(name, function, arguments)


def _argument(parameter: inspect.Parameter, hint: Any) -> Argument:
    name = parameter.name
    many = typing.get_origin(hint) is list
    if many:
        (hint,) = typing.get_args(hint)
    if typing.get_origin(hint) is Annotated:
        base, role = typing.get_args(hint)
        return Argument(name, role, base, many)
    if isinstance(hint, type) and issubclass(hint, Section):
        return Argument(name, "cfg", hint, many)
    if typing.get_origin(hint) is Literal:
        return Argument(name, "value", str, many, typing.get_args(hint))
    if hint not in (int, str, float):
        raise CrosstalkError(f"stage argument {name!r} has no command-line form: {hint!r}")
    return Argument(name, "value", hint, many)

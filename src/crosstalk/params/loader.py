"""From ``params.yaml`` and overrides to one validated model: the only reader of parameters."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from crosstalk.errors import ParameterError
from crosstalk.params.invalid import describe, short
from crosstalk.params.models import Params, Scale
from crosstalk.yamlfile import read_yaml

Tree = dict[str, Any]


def load_params(path: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """Read a parameter file and resolve it (see :func:`resolve`)."""
    return resolve(read_yaml(path), overrides or {})


def resolve(base: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Params:
    """Merge base values, the chosen scale's overrides and the caller's, in that order.

    Raises
    ------
    ParameterError
        For an unknown key, a value out of range or an unknown scale; one line that names the
        key, the value and the nearest valid choice.

    """
    tree = dict(base)
    scales = tree.pop("scales", {})
    overrides = dict(overrides or {})
    scale = overrides.get("scale", tree.get("scale"))
    _check_scale(scale, scales)
    tree["scale"] = scale
    for name, override in scales.items():
        _check_overrides(tree, override or {}, f"scales.{name}")
    tree = _merge(tree, scales[scale] or {})
    _check_overrides(tree, overrides, "")
    try:
        return Params.model_validate(_merge(tree, overrides))
    except ValidationError as error:
        raise ParameterError(_one_line(error)) from error


def _check_scale(scale: Any, scales: Mapping[str, Any]) -> None:
    valid = get_args(Scale)
    for name in scales:
        if name not in valid:
            raise ParameterError(_unknown(f"scales.{name}", name, valid))
    if not isinstance(scale, str) or scale not in scales:
        raise ParameterError(f"scale={short(scale)} is not a scale; {_nearest(str(scale), valid)}")


def _check_overrides(tree: Tree, override: Any, prefix: str) -> None:
    """A scale or ``--config`` may change values but never add a key."""
    if not isinstance(override, Mapping):
        raise ParameterError(
            f"{prefix}={short(override)} must be a group of parameters, not a value"
        )
    for key, value in override.items():
        path = f"{prefix}.{key}".lstrip(".")
        if key not in tree:
            raise ParameterError(_unknown(path, key, tree))
        if isinstance(tree[key], Mapping):
            _check_overrides(tree[key], value, path)


def _merge(tree: Tree, override: Mapping[str, Any]) -> Tree:
    merged = dict(tree)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _one_line(error: ValidationError) -> str:
    first, *rest = error.errors()
    path = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(rest)} more)" if rest else ""
    if first["type"] == "extra_forbidden":
        return _unknown(path, str(first["loc"][-1]), _keys_beside(first["loc"])) + more
    if first["type"] == "missing":
        return f"{path} is missing from params.yaml{more}"
    return describe(first) + more


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Params
    for part in location[:-1]:
        field = model.model_fields.get(part)
        if field is None or not _is_section(field.annotation):
            return []
        model = field.annotation
    return list(model.model_fields)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _unknown(path: str, key: str, valid: Any) -> str:
    return f"{path} is not a parameter; {_nearest(key, list(valid))}"


def _nearest(name: str, valid: Any) -> str:
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else f"valid: {', '.join(valid)}"


def leaves(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) of every leaf of a parameter model."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        path = f"{prefix}.{name}".lstrip(".")
        if isinstance(value, BaseModel):
            yield from leaves(value, path)
        else:
            yield path, value

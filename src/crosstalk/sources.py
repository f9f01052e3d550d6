"""Which source files a module runs: its imports inside this package, found without running it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = "crosstalk"
ROOT = Path(__file__).parent


def module_files(module: str) -> list[Path]:
    """Return the files of ``module`` and of all package modules it imports, sorted.

    Package ``__init__`` files hold no code here and are left out.
    """
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_imports(name))
    return sorted(_file(name) for name in seen)


@cache
def _imports(module: str) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(_file(module).read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(n for n in found if n.startswith(f"{PACKAGE}.") and _file(n).is_file())


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")

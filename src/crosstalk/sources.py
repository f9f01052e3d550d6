"""Which source files a module runs: its imports inside this package, found without running it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PACKAGE = "crosstalk"
ROOT = Path(__file__).parent

# Every plan and every job looks through the sources: parsing them would take a second of each plan.
_IMPORT = re.compile(
    rf"^ *(?:from|import) (?P<name>{PACKAGE}[\w.]*)(?: import (?P<parts>\([^)]*\)|.*))?",
    re.MULTILINE,
)


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
    for match in _IMPORT.finditer(_file(module).read_text()):
        name = match["name"]
        found |= {name, *(f"{name}.{part}" for part in re.findall(r"\w+", match["parts"] or ""))}
    return frozenset(n for n in found if n != PACKAGE and _file(n).is_file())


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")

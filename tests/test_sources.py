"""The sources of a stage are those that Python's own parser leads to."""

import ast
from pathlib import Path

from crosstalk.sources import module_files
from crosstalk.stages import STAGES

SOURCE = Path("src").resolve()
FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
    for path in SOURCE.rglob("*.py")
    if path.stem != "__init__"
}


def parsed(name):
    """Package modules that any statement of a module imports."""
    for node in ast.walk(ast.parse(FILES[name].read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports by dots"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_stage_runs_what_the_parser_finds():
    imports = {name: set(parsed(name)) & set(FILES) for name in FILES}
    for module in {place.partition(":")[0] for place in STAGES.values()}:
        reached, waiting = set(), {module}
        while waiting:
            reached |= waiting
            waiting = set().union(*(imports[name] for name in waiting)) - reached
        assert module_files(module) == sorted(FILES[name] for name in reached), module

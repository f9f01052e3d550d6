"""No number in the README is typed: its tables are the files of a run, and its links lead somewhere."""

import importlib.machinery
import importlib.util
import re
from pathlib import Path

README = Path("README.md").read_text()


def test_tables_are_those_of_the_results():
    loader = importlib.machinery.SourceFileLoader("update_readme", "workflow/scripts/update_readme")
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("update_readme", loader)
    )
    loader.exec_module(module)
    assert module.updated(README) == README


def test_links_lead_to_files():
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert Path(link).exists(), link


def test_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)
    assert named
    assert set(named) <= targets

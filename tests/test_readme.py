"""No number in a page is typed: its tables are the files of a run, and its links lead somewhere."""

import importlib.machinery
import importlib.util
import re
from pathlib import Path

README = Path("README.md").read_text()


def test_tables_are_those_of_the_results():
    loader = importlib.machinery.SourceFileLoader("update_pages", "workflow/scripts/update_pages")
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("update_pages", loader)
    )
    loader.exec_module(module)
    for page in module.PAGES:
        assert module.updated(page.read_text()) == page.read_text(), page


def test_links_lead_to_files():
    for page in (Path("README.md"), *Path("docs").glob("*.md")):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), (page, link)


def test_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)
    assert named
    assert set(named) <= targets

"""Tests compute on the CPU, so that they say the same on every machine and wait for no GPU.

`CROSSTALK_DEVICE=auto pytest …` uses a GPU.
"""

import os

os.environ.setdefault("CROSSTALK_DEVICE", "cpu")


def pytest_collection_modifyitems(items):
    """Tests of the whole workflow first: while one worker makes the run that they share, the other
    tests what needs no run."""
    items.sort(key=lambda item: "pipeline" not in item.keywords)

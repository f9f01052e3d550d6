"""Tests compute on the CPU, so that they say the same on every machine and wait for no GPU.

`CROSSTALK_DEVICE=auto pytest …` uses a GPU.
"""

import os

os.environ.setdefault("CROSSTALK_DEVICE", "cpu")


def pytest_collection_modifyitems(items):
    """Begin with the run that workflow tests share: what needs none of it fills its gaps."""

    def turn(item):
        if "pipeline" not in item.keywords:
            return 1
        return 0 if item.path.name == "test_dvc.py" else 2

    items.sort(key=turn)

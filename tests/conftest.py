"""Tests compute on the CPU, so that they say the same on every machine and wait for no GPU.

`CROSSTALK_DEVICE=auto pytest …` uses a GPU.
"""

import os

from hypothesis import settings

os.environ.setdefault("CROSSTALK_DEVICE", "cpu")
# The same examples in every run; a busy machine is no failure.
settings.register_profile("crosstalk", derandomize=True, deadline=None)
settings.load_profile("crosstalk")

LONG = ["test_experiment.py", "test_parameters.py", "test_same_bytes.py"]


def pytest_collection_modifyitems(items):
    """Begin with the run that workflow tests share: what needs none of it fills its gaps.

    Of those that do, long files come first, so that all workers end together.
    """
    sharing = {item.path for item in items if "pipeline" in item.keywords}

    def turn(item):
        if item.path not in sharing:
            return 1
        if item.path.name == "test_dvc.py":
            return 0
        return 2 if item.path.name in LONG else 3

    items.sort(key=turn)

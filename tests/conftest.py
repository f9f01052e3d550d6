"""Tests compute on the CPU, so that they say the same on every machine and wait for no GPU.

`CROSSTALK_DEVICE=auto pytest …` lets stages use a GPU; tests that hold tensors of their own are
written for the CPU, and some fail there.
"""

import os
from contextlib import nullcontext

import pytest
from hypothesis import settings

os.environ.setdefault("CROSSTALK_DEVICE", "cpu")
if os.environ["CROSSTALK_DEVICE"] == "cpu":
    # Here, for torch counts the devices when the first gradient is asked for.
    from tests import pretended_gpu
else:
    collect_ignore = ["training/test_pretended_gpu.py"]  # beside a real one torch would mix them up
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


def assert_same(content, other, name):
    """Weights may differ in what comes of the order of a sum.

    A few steps of Adam move a weight whose gradient is all but rounding, as that of a bias of
    keys, by a share of the learning rate.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        weights = load(content)
    except SafetensorError:
        assert content == other, name
    else:
        torch.testing.assert_close(weights, load(other), rtol=1e-4, atol=1e-4)


@pytest.fixture
def same_on_a_gpu(tmp_path):
    """Check that ``run(folder)`` writes the same files on the CPU and on a pretended GPU."""
    if os.environ["CROSSTALK_DEVICE"] != "cpu":
        pytest.skip("a real GPU takes the place of the pretended one, and rounds differently")

    def check(run):
        written = {}
        for name, place in (("cpu", nullcontext()), ("gpu", pretended_gpu.entered())):
            (tmp_path / name).mkdir()
            with place:
                run(tmp_path / name)
            written[name] = {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()}
        assert written["cpu"]
        assert written["cpu"].keys() == written["gpu"].keys()
        for name, content in written["cpu"].items():
            assert_same(content, written["gpu"][name], name)

    return check

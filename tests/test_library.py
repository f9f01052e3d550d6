"""Every example of the library's page runs, and its assertions hold."""

import re
from pathlib import Path

import pytest
import torch

PAGE = Path(__file__).parents[1] / "docs/library.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[e.split("from crosstalk.")[1].split()[0] for e in EXAMPLES]
)
def test_an_example_runs(example):
    torch.manual_seed(0)
    exec(compile(example, str(PAGE), "exec"), {})

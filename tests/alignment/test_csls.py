"""Neighbours against a loop that follows the definition."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from crosstalk.alignment.csls import mutual_neighbours, nearest_csls, top_cosine, top_csls

_path = Path(__file__).with_name("reference.py")
_spec = importlib.util.spec_from_file_location("reference", _path)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


@pytest.fixture(params=[0, 1])
def spaces(request):
    generator = np.random.default_rng(request.param)
    hub = generator.normal(size=4)
    source = generator.normal(size=(17, 4)) + hub
    target = generator.normal(size=(23, 4)) + hub
    return source, target


def tensors(*arrays):
    return [torch.from_numpy(a).float() for a in arrays]


@pytest.mark.parametrize("neighbours", [1, 3, 100])
def test_csls_is_its_definition(spaces, neighbours):
    table = np.array(reference.csls_table(*spaces, neighbours))
    scores, rows = top_csls(*tensors(*spaces), 5, neighbours=neighbours)
    np.testing.assert_array_equal(rows.numpy(), (-table).argsort(1)[:, :5])
    np.testing.assert_allclose(scores.numpy(), -np.sort(-table, 1)[:, :5], atol=1e-5)


def test_queries_may_be_a_part_of_the_space_they_lie_in(spaces):
    source, target = spaces
    table = np.array(reference.csls_table(source[:4], target, 3, source_space=source))
    x, y, space = tensors(source[:4], target, source)
    scores, rows = top_csls(x, y, 1, source_space=space, neighbours=3)
    np.testing.assert_array_equal(rows[:, 0].numpy(), table.argmax(1))
    np.testing.assert_allclose(scores[:, 0].numpy(), table.max(1), atol=1e-5)


def test_the_nearest_is_the_first_of_the_best(spaces):
    x, y = tensors(*spaces)
    for queries in (x, x[:4]):
        arguments = {"source_space": x, "neighbours": 3}
        best = top_csls(queries, y, 1, **arguments)[1].squeeze(1)
        assert torch.equal(nearest_csls(queries, y, **arguments), best)


def test_cosine_is_its_definition(spaces):
    source, target = spaces
    table = np.array([[reference.cosine(x, y) for y in target] for x in source])
    scores, rows = top_cosine(*tensors(*spaces), 3)
    np.testing.assert_array_equal(rows.numpy(), (-table).argsort(1)[:, :3])
    np.testing.assert_allclose(scores.numpy(), -np.sort(-table, 1)[:, :3], atol=1e-5)


@pytest.mark.parametrize("block_bytes", [1, 23 * 4, 1000, 10**9])
def test_blocks_change_memory_not_results(spaces, block_bytes):
    x, y = tensors(*spaces)
    for function in (top_cosine, top_csls):
        scores, rows = function(x, y, 4, block_bytes=block_bytes)
        whole_scores, whole_rows = function(x, y, 4)
        assert torch.equal(rows, whole_rows)
        assert torch.allclose(scores, whole_scores, atol=1e-6)
    for part, whole in zip(
        mutual_neighbours(x, y, block_bytes=block_bytes), mutual_neighbours(x, y), strict=True
    ):
        assert torch.equal(part, whole)


def test_memory_is_bounded_by_the_block(monkeypatch):
    widest = 0
    mm = torch.mm

    def watch(x, y, *, out):
        nonlocal widest
        widest = max(widest, out.numel() * out.element_size())
        return mm(x, y, out=out)

    monkeypatch.setattr(torch, "mm", watch)
    x = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    top_csls(x, x, 1, block_bytes=20_000)
    assert 0 < widest <= 20_000


GROWTH = """
import resource, torch
from crosstalk.alignment.csls import nearest_csls, rank_of_counterparts

torch.set_num_threads(1)
words, few = torch.randn(12_000, 4), torch.randn(100, 4)
CALL(few)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
CALL(words)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    "call",
    ["lambda x: nearest_csls(x, x)", "lambda x: rank_of_counterparts(x, x, x[:, 0])"],
    ids=["nearest", "rank"],
)
def test_blocks_do_not_pile_up(call):
    """All similarities are 550 MiB, which blocks that leave holes behind come to as well."""
    script = GROWTH.replace("CALL", f"({call})")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(done.stdout) < 50 * 1024  # KiB


@pytest.mark.parametrize("columns", [1, 15, 640, 641, 655, 1000])
@pytest.mark.parametrize("k", [1, 10])
def test_the_best_of_many_are_those_of_all(columns, k):
    """Enough columns to be looked at by groups, with and without some after the last group."""
    x = torch.randn(30, 8, generator=torch.Generator().manual_seed(columns))
    y = torch.randn(columns, 8, generator=torch.Generator().manual_seed(k))
    values, rows = top_cosine(x, y, k)
    expected = (normalize(x) @ normalize(y).T).topk(min(k, columns))
    assert torch.allclose(values, expected.values, atol=1e-6)
    assert torch.equal(rows, expected.indices)


def test_mutual_neighbours_are_each_others_best(spaces):
    source, target = spaces
    forward = np.array(reference.csls_table(source, target, 3)).argmax(1)
    backward = np.array(reference.csls_table(target, source, 3)).argmax(1)
    expected = [(i, j) for i, j in enumerate(forward) if backward[j] == i]
    x, y = mutual_neighbours(*tensors(*spaces), neighbours=3)
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == expected
    assert 0 < len(expected) < len(source)


def test_csls_sees_through_a_hub():
    """A target near to everything takes all cosine answers; CSLS discounts it."""
    x, y = tensors(np.eye(6) + 1, np.concatenate([4 * np.eye(6) + 1, np.ones((1, 6))]))
    assert (top_cosine(x, y, 1)[1] == 6).all()
    assert top_csls(x, y, 1, neighbours=2)[1].squeeze(1).tolist() == list(range(6))

"""The unsupervised criterion by its definition."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from crosstalk.alignment.criterion import evaluate, mean_cosine
from crosstalk.params.alignment import CriterionParams

_path = Path(__file__).with_name("reference.py")
_spec = importlib.util.spec_from_file_location("reference", _path)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


@pytest.mark.parametrize("words", [1, 7, 100])
def test_it_is_the_mean_cosine_of_the_frequent_words_csls_pairs(words):
    generator = np.random.default_rng(0)
    source, target = generator.normal(size=(15, 3)), generator.normal(size=(20, 3))
    W = generator.normal(size=(3, 3))
    mapped = source @ W.T
    table = np.array(reference.csls_table(mapped[:words], target, 2, source_space=mapped))
    cosines = [
        reference.cosine(x, target[j]) for x, j in zip(mapped, table.argmax(1), strict=False)
    ]
    x, y, M = (torch.from_numpy(a).float() for a in (source, target, W))
    value = mean_cosine(M, x, y, CriterionParams(words=words, neighbours=2))
    assert value == pytest.approx(np.mean(cosines), abs=1e-5)


def test_an_evaluation_says_how_far_the_map_went():
    x = torch.eye(3)
    now = evaluate(2 * x, x, x, CriterionParams(), restart=4, phase="adversarial", epoch=2)
    assert (now.restart, now.epoch) == (4, 2)
    assert now.criterion == pytest.approx(1)
    assert now.distance == pytest.approx(3**0.5)

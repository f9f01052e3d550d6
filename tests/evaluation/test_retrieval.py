"""Retrieval against a loop over all words, and the ways of counting its answers."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError
from crosstalk.evaluation.readings import READINGS, Answered
from crosstalk.evaluation.retrieval import first_hits, nearest_words

STEPS = ("unit", "centre", "unit")


@pytest.fixture
def task():
    """Tokens scattered about the words of a source space; the target lacks some of them."""
    generator = np.random.default_rng(0)
    source = Space([f"w{i}" for i in range(30)], np.full(30, 5), generator.normal(size=(30, 5)))
    rotation = ortho_group.rvs(5, random_state=generator).astype(np.float32)
    kept = np.arange(0, 27)
    noisy = source.vectors[kept] @ rotation.T + 0.3 * generator.normal(size=(27, 5))
    target = Space([source.words[i] for i in kept], np.full(27, 5), noisy)
    mapping = Mapping(
        rotation, Normaliser.fit(source.vectors, STEPS), Normaliser.fit(target.vectors, STEPS)
    )
    chosen = generator.integers(0, 30, size=80)
    vectors = source.vectors[chosen] + 0.5 * generator.normal(size=(80, 5))
    return vectors.astype(np.float32), [source.words[i] for i in chosen], mapping, source, target


def cosine(x, y):
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


def test_nearest_words_are_those_of_a_loop(task):
    vectors, _, mapping, _, target = task
    rows = nearest_words(vectors, mapping, target, k=5)
    y = mapping.apply_target(target.vectors)
    for x, found in zip(mapping.apply(vectors), rows, strict=True):
        best = sorted(range(len(target)), key=lambda i: -cosine(x, y[i]))[:5]
        assert found.tolist() == best


def test_csls_answers_are_those_of_a_loop(task):
    vectors, _, mapping, source, target = task
    options = {"k": 1, "metric": "csls", "source": source, "neighbours": 3}
    rows = nearest_words(vectors, mapping, target, **options)
    y, space = mapping.apply_target(target.vectors), mapping.apply(source.vectors)
    crowd = [np.mean(sorted(cosine(b, s) for s in space)[-3:]) for b in y]
    for x, (answer,) in zip(mapping.apply(vectors), rows, strict=True):
        scores = [2 * cosine(x, b) - r for b, r in zip(y, crowd, strict=True)]
        assert answer == int(np.argmax(scores))


def test_the_first_right_answer_counts():
    target = Space(["a", "b", "c", "d"], [4, 3, 2, 1], np.eye(4))
    gold = {"x": {"c", "b"}, "y": {"d"}, "z": {"nowhere"}}
    rows = np.array([[0, 2, 1], [0, 1, 2], [0, 1, 2], [3, -1, -1], [0, 1, 2]])
    ranks, covered = first_hits(rows, ["x", "y", "z", "y", "unknown"], gold, target)
    assert ranks.tolist() == [2, 0, 0, 1, 0]
    assert covered.tolist() == [True, True, False, True, False]


def test_readings_count_the_same_answers_in_their_own_way():
    asked = Answered(
        words=np.array(["the", "the", "elf", "orc", "kobold"]),
        rank=np.array([1, 0, 1, 2, 0]),
        covered=np.array([True, True, True, True, False]),
        learnt=np.array([True, True, False, False, False]),
    )
    means = {reading: asked.read(reading, 1)[1].mean() for reading in READINGS}
    assert means == {
        "tokens, missing wrong": pytest.approx(2 / 5),
        "tokens, missing dropped": pytest.approx(2 / 4),
        "tokens, held-out words": pytest.approx(1 / 2),
        "types, missing dropped": pytest.approx((1 / 2 + 1 + 0) / 3),
    }
    assert asked.read("tokens, missing dropped", 5)[1].mean() == pytest.approx(3 / 4)


def test_k_may_exceed_the_vocabulary(task):
    vectors, _, mapping, _, target = task
    assert nearest_words(vectors, mapping, target, k=1000).shape == (80, 27)


def test_what_cannot_be_asked_is_said(task):
    vectors, _, mapping, _, target = task
    with pytest.raises(DataError, match="no vectors"):
        nearest_words(vectors[:0], mapping, target, k=1)
    with pytest.raises(DataError, match="needs the source space"):
        nearest_words(vectors, mapping, target, k=1, metric="csls")

"""Classification against a loop over all words, and both readings of missing words."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Normaliser, Space
from crosstalk.errors import DataError
from crosstalk.evaluation.retrieval import classify, precision

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


def test_ranks_are_those_of_a_loop(task):
    vectors, words, mapping, _, target = task
    items = classify(vectors, words, mapping, target, k=5)
    y = mapping.apply_target(target.vectors)
    for x, word, item in zip(mapping.apply(vectors), words, items.itertuples(), strict=True):
        best = sorted(target.words, key=lambda w: -cosine(x, y[target.index[w]]))[:5]
        assert item.word == word
        assert item.answer == best[0]
        assert item.rank == (best.index(word) + 1 if word in best else 0)
        assert item.covered == (word in target.index)
    assert {0, 1, 2} <= set(items["rank"])


def test_csls_ranks_are_those_of_a_loop(task):
    vectors, words, mapping, source, target = task
    items = classify(vectors, words, mapping, target, metric="csls", source=source, neighbours=3)
    y, space = mapping.apply_target(target.vectors), mapping.apply(source.vectors)
    crowd = [np.mean(sorted(cosine(b, s) for s in space)[-3:]) for b in y]
    for x, answer in zip(mapping.apply(vectors), items["answer"], strict=True):
        scores = [2 * cosine(x, b) - r for b, r in zip(y, crowd, strict=True)]
        assert answer == target.words[int(np.argmax(scores))]


def test_words_the_target_lacks_are_wrong_or_dropped(task):
    vectors, words, mapping, _, target = task
    items = classify(vectors, words, mapping, target)
    lacking = sum(word not in target.index for word in words)
    wrong, dropped = (precision(items, 1, missing=how) for how in ("wrong", "dropped"))
    assert lacking > 0
    assert len(wrong) == 80
    assert len(dropped) == 80 - lacking
    assert wrong.sum() == dropped.sum() == (items["answer"] == items["word"]).sum()


def test_precision_grows_with_k(task):
    vectors, words, mapping, _, target = task
    items = classify(vectors, words, mapping, target, k=5)
    at = [precision(items, k).mean() for k in (1, 2, 5)]
    assert 0 < at[0] < at[1] < at[2] < 1


def test_k_may_exceed_the_vocabulary(task):
    vectors, words, mapping, _, target = task
    items = classify(vectors, words, mapping, target, k=1000)
    assert (items["rank"] > 0).equals(items["covered"])


def test_what_cannot_be_classified_is_said(task):
    vectors, words, mapping, _, target = task
    with pytest.raises(DataError, match="80 vectors and 79 words"):
        classify(vectors, words[:-1], mapping, target)
    with pytest.raises(DataError, match="0 vectors"):
        classify(vectors[:0], [], mapping, target)
    with pytest.raises(DataError, match="needs the source space"):
        classify(vectors, words, mapping, target, metric="csls")

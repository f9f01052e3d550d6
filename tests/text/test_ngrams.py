"""Kneser-Ney n-grams against the textbook's formula, written out recursively over raw text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.text.ngrams import END, START, NgramModel

TEXT = [line.split() for line in ["the cat sat", "the cat ran", "a cat sat", "a dog sat down", "the dog"]]  # fmt: skip
sentences = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), min_size=1, max_size=6)  # fmt: skip


def literal(text, order, word, context, n=None):
    """p(word | context) of Chen and Goodman's equation 17, counting in the text each time."""
    n = order if n is None else n
    whole = [[START, *sentence, END] for sentence in text]
    words = {w for sentence in text for w in sentence} | {END}
    if n == 0:
        return 1 / (len(words) + 1)
    grams = [tuple(s[i : i + n]) for s in whole for i in range(len(s) - n + 1)]
    longer = {tuple(s[i : i + n + 1]) for s in whole for i in range(len(s) - n)}

    def count(gram):
        if n == order or gram[0] == START:
            return grams.count(gram)
        return sum(g[1:] == gram for g in longer)

    seen = set(grams) - {(START,)}
    once, twice = (sum(count(g) == k for g in seen) for k in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.5
    before = tuple(context[len(context) - n + 1 :]) if n > 1 else ()
    lower = literal(text, order, word, context, n - 1)
    followers = {g for g in seen if g[:-1] == before}
    if len(before) < n - 1 or not followers:
        return lower
    total = sum(count(g) for g in followers)
    direct = max(count((*before, word)) - discount, 0) if (*before, word) in seen else 0
    return direct / total + discount * len(followers) / total * lower


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "context", [[], [START], ["the"], ["a", "cat"], [START, "the", "cat"], ["zebra"], ["dog", "the"]]
)  # fmt: skip
def test_probabilities_are_those_of_the_formula(order, context):
    model = NgramModel.fit(TEXT, order)
    for word in ("the", "cat", "sat", "down", END, "zebra"):
        expected = literal(TEXT, order, word, context)
        assert model.log_probability(word, context) == pytest.approx(math.log(expected))


def test_a_bigram_worked_by_hand():
    """Text "a b" and "a c": bigrams with counts <s>a 2, and four with 1."""
    model = NgramModel.fit([["a", "b"], ["a", "c"]], 2)
    discount = 4 / (4 + 2 * 1)
    # Different predecessors: a 1, b 1, c 1, </s> 2, so the unigrams' discount is 3 / (3 + 2).
    lower = (1 - 3 / 5 + 3 / 5 * 4 * (1 / 5)) / 5
    expected = (1 - discount) / 2 + discount * 2 / 2 * lower
    assert model.log_probability("b", ["a"]) == pytest.approx(math.log(expected))


@given(sentences, st.integers(1, 4), st.lists(st.sampled_from("abcdx"), max_size=4))
def test_probabilities_after_any_words_add_up_to_one(text, order, context):
    model = NgramModel.fit(text, order)
    total = sum(math.exp(model.log_probability(w, context)) for w in [*model.vocabulary, "unknown"])
    assert total == pytest.approx(1)


@given(sentences, st.integers(2, 4))
def test_only_the_last_words_count(text, order):
    model = NgramModel.fit(text, order)
    context = ["a", "b", "c", "d", "a"]
    short = context[len(context) - order + 1 :]
    assert model.log_probability("b", context) == model.log_probability("b", short)


def test_a_sentence_is_the_chain_of_its_words_and_its_end():
    model = NgramModel.fit(TEXT, 3)
    chain = [("the", [START]), ("dog", [START, "the"]), (END, ["the", "dog"])]
    expected = sum(model.log_probability(word, context) for word, context in chain)
    assert model.sentence_log_probability(["the", "dog"]) == pytest.approx(expected)
    assert model.sentence_log_probability(["the", "cat", "sat"]) > model.sentence_log_probability(
        ["sat", "cat", "the"]
    )


def test_no_words_are_an_error():
    with pytest.raises(DataError, match="at least one word"):
        NgramModel.fit([[]], 2)

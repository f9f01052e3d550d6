"""The diagonal word aligner, against the model written out word by word, and where links are known."""

import itertools
import math

import eflomal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from crosstalk.contextual.fast_align import NO_WORD, align, align_both_ways
from crosstalk.params.contextual_data import FastAlignParams

WORD = st.sampled_from("abcde")
SENTENCE = st.lists(WORD, min_size=1, max_size=4)
CORPUS = st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=6)


def literal(source, target, cfg):
    """Equations 1 to 3 of Dyer et al. 2013 and its variational M step, one word at a time."""

    def prior(j, i, m, n, tension):
        weights = [math.exp(-tension * abs((j + 1) / m - (k + 1) / n)) for k in range(n)]
        return (1 - cfg.unlinked) * weights[i] / sum(weights)

    def shares(f, e, j, tension):
        joint = {None: cfg.unlinked * table[None, f[j]]}
        for i in range(len(e)):
            joint[i] = table[e[i], f[j]] * prior(j, i, len(f), len(e), tension)
        return {i: p / sum(joint.values()) for i, p in joint.items()}

    table = {
        (e, f): 1.0 for s, t in zip(source, target, strict=True) for e in [None, *s] for f in t
    }
    tension, words = cfg.tension, sum(map(len, target))
    for step in range(cfg.iterations):
        counts = dict.fromkeys(table, 0.0)
        observed = 0.0
        for e, f in zip(source, target, strict=True):
            for j in range(len(f)):
                for i, p in shares(f, e, j, tension).items():
                    counts[None if i is None else e[i], f[j]] += p
                    if i is not None:
                        observed -= p * abs((j + 1) / len(f) - (i + 1) / len(e))
        if step:
            for _ in range(8):
                expected = 0.0
                for e, f in zip(source, target, strict=True):
                    for j, i in itertools.product(range(len(f)), range(len(e))):
                        p = prior(j, i, len(f), len(e), tension) / (1 - cfg.unlinked)
                        expected -= p * abs((j + 1) / len(f) - (i + 1) / len(e))
                tension = min(14.0, max(0.1, tension + 20 * (observed - expected) / words))
        for e in {e for e, _ in table}:
            row = [pair for pair in table if pair[0] == e]
            total = sum(counts[pair] for pair in row)
            for pair in row:
                table[pair] = math.exp(
                    digamma(counts[pair] + cfg.alpha) - digamma(total + cfg.alpha * len(row))
                )
    return [
        [shares(f, e, j, tension) for j in range(len(f))]
        for e, f in zip(source, target, strict=True)
    ]


@settings(max_examples=60)
@given(CORPUS, st.integers(1, 4))
def test_links_are_the_literal_model_s(corpus, iterations):
    source, target = map(list, zip(*corpus, strict=True))
    cfg = FastAlignParams(iterations=iterations)
    for found, expected in zip(
        align(source, target, cfg), literal(source, target, cfg), strict=True
    ):
        for place, shares in zip(found, expected, strict=True):
            chosen = shares[None if place == NO_WORD else int(place)]
            assert chosen == pytest.approx(max(shares.values()), rel=1e-9)


def planted(sentences, rng):
    """A language of one word for each English word, swapped two by two: its links are known."""
    words = rng.choice(60, size=(sentences, 12))
    lengths = rng.integers(2, 13, sentences)
    english, foreign, links = [], [], []
    for row, length in zip(words, lengths, strict=True):
        order = [i ^ 1 if i ^ 1 < length else i for i in range(length)]
        english.append([f"e{w}" for w in row[:length]])
        foreign.append([f"f{row[i]}" for i in order])
        links.append({(i, j) for j, i in enumerate(order)})
    return english, foreign, links


def share_found(found, links):
    hits = sum(
        len({tuple(pair) for pair in f.tolist()} & known)
        for f, known in zip(found, links, strict=True)
    )
    return hits / sum(map(len, links))


def test_a_planted_language_is_linked_word_for_word():
    english, foreign, links = planted(300, np.random.default_rng(0))
    assert share_found(align_both_ways(english, foreign, FastAlignParams()), links) > 0.97


@given(CORPUS)
def test_a_word_is_in_one_link_at_most_and_links_are_in_order(corpus):
    source, target = map(list, zip(*corpus, strict=True))
    for links in align_both_ways(source, target, FastAlignParams(iterations=2)):
        for side in links.T:
            assert len(set(side)) == len(side)
        assert (np.diff(links[:, 1]) > 0).all()


def test_eflomal_finds_most_of_the_same_links(tmp_path):
    """An aligner of another kind: a sampler with fertility, whose links differ from run to run."""
    english, foreign, links = planted(300, np.random.default_rng(1))
    sides = [[" ".join(words) for words in side] for side in (english, foreign)]
    files = [tmp_path / name for name in ("forward", "backward")]
    eflomal.Aligner().align(*sides, *map(str, files))
    both = []
    for lines in zip(*(file.read_text().splitlines() for file in files), strict=True):
        one, other = ({tuple(map(int, x.split("-"))) for x in line.split()} for line in lines)
        both.append(np.array(sorted(one & other)).reshape(-1, 2))
    ours = align_both_ways(english, foreign, FastAlignParams())
    assert share_found(both, links) > 0.9
    assert share_found(both, [{tuple(p) for p in row.tolist()} for row in ours]) > 0.9


def test_case_is_ignored_and_the_same_text_gives_the_same_links():
    english, foreign, _ = planted(40, np.random.default_rng(2))
    louder = [[word.upper() for word in words] for words in english]
    first, second = (align(side, foreign, FastAlignParams()) for side in (english, louder))
    assert all(map(np.array_equal, first, second))


@pytest.mark.parametrize(("source", "target"), [([], []), ([["a"]], [[]]), ([["a"]], [])])
def test_sentences_without_words_are_refused(source, target):
    with pytest.raises(ValueError, match=r"words on both sides|shorter"):
        align(source, target, FastAlignParams())

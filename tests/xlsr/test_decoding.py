"""Decoding against enumeration of every path, and greedy search against torchaudio's own."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchaudio.models.decoder import ctc_decoder

from crosstalk.errors import DataError
from crosstalk.params.ctc import DecodeParams
from crosstalk.text.ngrams import NgramModel
from crosstalk.xlsr.decoding import WordSearch, best_path
from crosstalk.xlsr.tokens import BLANK, SEPARATOR, Vocabulary

TEXT = [["a", "ba"], ["ba", "a"], ["ba"], ["aa", "ba"], ["ab"]]
SYMBOLS = Vocabulary.fit([("", ["a", "b", SEPARATOR])], "shared")
CFG = DecodeParams(order=2, beam=5000, lm_weight=1.3, word_score=-0.4)


def emissions(frames, outputs, seed, sharpness=2.0):
    generator = torch.Generator().manual_seed(seed)
    return (sharpness * torch.randn(frames, outputs, generator=generator)).log_softmax(-1)


def paths(log_probs):
    """Every path with its log-probability and the labels it stands for."""
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        score = sum(log_probs[t, k].item() for t, k in enumerate(path))
        labels = [k for k, _ in itertools.groupby(path) if k != BLANK]
        yield score, labels


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 10_000))
def test_best_path_is_the_labels_of_the_most_probable_path(frames, outputs, seed):
    log_probs = emissions(frames, outputs, seed)
    assert best_path(log_probs) == max(paths(log_probs))[1]


@pytest.mark.parametrize("seed", range(5))
def test_best_path_is_what_a_wide_beam_finds_without_a_language_model(seed):
    """torchaudio's search scores labels by their best path, and puts a separator at both ends."""
    search = ctc_decoder(lexicon=None, tokens=["-", *"abc", "|"], beam_size=500)
    log_probs = emissions(30, 5, seed)
    log_probs[[0, -1], 4] = 1.0
    (hypothesis,) = search(log_probs.unsqueeze(0))[0]
    assert best_path(log_probs) == hypothesis.tokens.tolist()


def test_nothing_but_blanks_is_no_label():
    log_probs = torch.tensor([[0.9, 0.1], [0.8, 0.2]]).log()
    assert best_path(log_probs) == []


def literal_search(log_probs, cfg):
    """Best words by enumeration: of each path that spells words of the lexicon, and the model."""
    model, lexicon = NgramModel.fit(TEXT, cfg.order), {word for s in TEXT for word in s}
    found = {}
    for score, labels in paths(log_probs):
        spelt = "".join(SYMBOLS.decode(labels, ""))
        words = tuple(word for word in spelt.split(SEPARATOR) if word)
        if set(words) <= lexicon:
            total = (
                score
                + cfg.lm_weight * model.sentence_log_probability(words)
                + cfg.word_score * len(words)
            )
            found[words] = max(found.get(words, -float("inf")), total)
    return list(max(found, key=found.get))


@settings(max_examples=25)
@given(st.integers(1, 6), st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
def test_words_are_those_of_the_best_path_and_language_model(frames, seed, order):
    cfg = CFG.model_copy(update={"order": order})
    log_probs = emissions(frames, len(SYMBOLS), seed)
    assert WordSearch(TEXT, SYMBOLS, cfg)(log_probs) == literal_search(log_probs, cfg)


def test_a_search_can_be_used_again():
    search = WordSearch(TEXT, SYMBOLS, CFG)
    log_probs = [emissions(6, len(SYMBOLS), seed) for seed in range(4)]
    once = [search(frames) for frames in log_probs]
    assert [search(frames) for frames in reversed(log_probs)] == once[::-1]


def test_words_that_the_model_cannot_spell_are_left_out():
    search = WordSearch([*TEXT, ["cab", "ba"]], SYMBOLS, CFG)
    written = [2, 1, 3, 2, 1]  # ba | ba
    log_probs = torch.full((5, 4), -9.0)
    log_probs[range(5), written] = 0.0
    assert search(log_probs.log_softmax(-1)) == ["ba", "ba"]


@pytest.mark.parametrize(
    ("symbols", "text", "says"),
    [
        (Vocabulary.fit([("es", ["a", SEPARATOR])], "separate"), TEXT, "shared vocabulary"),
        (Vocabulary.fit([("es", ["a"])], "shared"), TEXT, "utterances of several words"),
        (SYMBOLS, [["zoo"]], "spell no word"),
    ],
)
def test_a_search_that_cannot_find_words_says_why(symbols, text, says):
    with pytest.raises(DataError, match=says):
        WordSearch(text, symbols, CFG)

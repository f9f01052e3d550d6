"""The true words of the speech that is heard, read as text: what perfect units would give."""

from __future__ import annotations

import numpy as np

from crosstalk.embeddings.word2vec import skip_gram
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output


def embed_transcript(
    *, word2vec: Word2VecParams, misheard: float, seed: int, utterances: Input, space: Output
) -> None:
    """Train skip-gram on the training words in the order in which they are said.

    A share ``misheard`` of the words, drawn at random, change places with one another, so that each
    stays as frequent as it is: how well must a listener hear?

    Raises
    ------
    DataError
        If no word is said ``min_count`` times.

    """
    corpus = Utterances.load(utterances)
    train = corpus.words_of("train")
    said = mishear(corpus.word[train], misheard, derive_seed(seed, "misheard"))
    sentences = by_utterance(corpus, corpus.word_first[train], np.array(corpus.vocabulary)[said])
    what = f"{utterances} has {len(said)} spoken words"
    skip_gram(sentences, word2vec, seed, what).save(space)


def mishear(words: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Let a share of words, int [n], change places at random; a few get their own place again."""
    generator = np.random.default_rng(seed)
    wrong = generator.random(len(words)) < share
    heard = words.copy()
    heard[wrong] = generator.permutation(words[wrong])
    return heard


def by_utterance(corpus: Utterances, first: np.ndarray, names: np.ndarray) -> list[list[str]]:
    """Split names [n] of segments in the order of speech into one list an utterance.

    ``first`` int64 [n] is the first frame of each segment.
    """
    edges = np.flatnonzero(np.diff(corpus.utterance_of(first))) + 1
    return [part.tolist() for part in np.split(names, edges)]

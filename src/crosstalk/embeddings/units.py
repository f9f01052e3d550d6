"""Units discovered from speech, and what their company says about them.

The route that is known to work (Jacobs and Kamper 2023, arXiv 2307.02083): first group spoken words
by how they sound, then learn the distribution of the groups as if they were written words. Sound
and meaning are learnt apart, where Speech2Vec wants both of one squared error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.embeddings.grouping import average_by_word, cluster_name
from crosstalk.embeddings.kmeans import kmeans
from crosstalk.embeddings.listener import hear
from crosstalk.embeddings.tokens import spoken_test_tokens
from crosstalk.embeddings.transcript import by_utterance
from crosstalk.embeddings.word2vec import skip_gram
from crosstalk.evaluation.answers import write_items
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.segmentation import EmbeddingParams
from crosstalk.params.speech2vec import NetworkParams, TypesParams
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.embedding import embed
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output


def discover_units(
    *,
    embedding: EmbeddingParams,
    word2vec: Word2VecParams,
    types: TypesParams,
    column: str,
    seed: int,
    utterances: Input,
    space: Output,
    tokens: Output,
    answers: Output,
) -> None:
    """Cluster the true words by their frames, train skip-gram on the sequences of cluster names.

    A token's vector is that of its unit; a word's is the mean over its training tokens, as in rows
    A* and A. Word identity is used for that mean, and for ``answers`` (items of the table
    ``units``): is the word that a unit most often is in training what a test token of it is?
    """
    corpus = Utterances.load(utterances)
    found = _Found(corpus, lambda first, last: embed(corpus.frames, first, last, embedding))
    found.learn(word2vec, types, seed, utterances)
    found.write(types.min_count, space, tokens)
    write_items(found.named().assign(row="units", column=column, seed=seed), answers)


def discover_taught_units(
    *,
    network: NetworkParams,
    word2vec: Word2VecParams,
    types: TypesParams,
    column: str,
    seed: int,
    utterances: Input,
    listener: Input,
    space: Output,
    tokens: Output,
    answers: Output,
) -> None:
    """As `discover_units`, of what a listener hears who was taught in other languages."""
    corpus = Utterances.load(utterances)
    found = _Found(
        corpus,
        lambda first, last: hear(listener, Segments.cut(corpus, first, last), network.max_frames),
    )
    found.learn(word2vec, types, seed, utterances)
    found.write(types.min_count, space, tokens)
    write_items(found.named().assign(row="taught_units", column=column, seed=seed), answers)


class _Found:
    """The spoken words of a corpus as sounds, and the units that they fall into."""

    def __init__(
        self, corpus: Utterances, sounds_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> None:
        self.corpus = corpus
        self.train, self.test = corpus.words_of("train"), corpus.words_of("test")
        self.sounds, self.heard = (
            sounds_of(corpus.word_first[rows], corpus.word_last[rows])
            for rows in (self.train, self.test)
        )

    def learn(self, word2vec: Word2VecParams, types: TypesParams, seed: int, source: Path) -> None:
        """Cluster the training words; the clusters that are frequent enough get a vector.

        Raises DataError, which names the ``source``, if none is.
        """
        labels, centres = kmeans(self.sounds, types.clusters, derive_seed(seed, "units"))
        names = np.array([cluster_name(label) for label in range(len(centres))])
        first = self.corpus.word_first[self.train]
        sentences = by_utterance(self.corpus, first, names[labels])
        what = f"{source} has {len(labels)} spoken words in {len(centres)} clusters for words"
        self.space = skip_gram(sentences, word2vec, seed, what)
        self.centres = centres[[names.tolist().index(name) for name in self.space.words]]

    def nearest(self, sounds: np.ndarray) -> np.ndarray:
        """Row in ``space``, int64 [n], of the unit nearest to each sound [n, D]."""
        squares = (self.centres**2).sum(1)
        return (squares - 2 * sounds @ self.centres.T).argmin(1)

    def write(self, min_count: int, space: Path, tokens: Path) -> None:
        """Write each word's mean over the units of its tokens, and each test token's unit."""
        vectors = self.space.vectors[self.nearest(self.sounds)]
        words = self.corpus.word[self.train]
        average_by_word(vectors, words, self.corpus.vocabulary, min_count).save(space)
        heard = self.space.vectors[self.nearest(self.heard)]
        spoken_test_tokens(self.corpus, heard).save(tokens)

    def named(self) -> pd.DataFrame:
        """Say of each test token whether its unit's commonest training word is its word."""
        sizes = len(self.space.words), len(self.corpus.vocabulary)
        common = commonest_words(self.nearest(self.sounds), self.corpus.word[self.train], sizes)
        words = self.corpus.word[self.test]
        correct = (common[self.nearest(self.heard)] == words).astype(float)
        clusters = [self.corpus.vocabulary[word] for word in words]
        return pd.DataFrame({"table": "units", "cluster": clusters, "correct": correct})


def commonest_words(units: np.ndarray, words: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """Return the word, int64 [u], that each unit most often is; the lowest of equals.

    ``units`` and ``words``, int [n], are those of each token, out of so many: ``sizes`` (u, v).
    """
    counts = np.bincount(units * sizes[1] + words, minlength=sizes[0] * sizes[1])
    return counts.reshape(sizes).argmax(1)

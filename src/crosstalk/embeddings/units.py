"""Units discovered from speech, and what their company says about them.

The route that is known to work (Jacobs and Kamper 2023, arXiv 2307.02083): first group spoken words
by how they sound, then learn the distribution of the groups as if they were written words. Sound
and meaning are learnt apart, where Speech2Vec wants both of one squared error.
"""

from __future__ import annotations

import numpy as np

from crosstalk.embeddings.grouping import average_by_word, cluster_name
from crosstalk.embeddings.kmeans import kmeans
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.tokens import spoken_test_tokens
from crosstalk.embeddings.word2vec import skip_gram
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.segmentation import EmbeddingParams
from crosstalk.params.speech2vec import TypesParams
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.segmentation.embedding import embed
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output


def discover_units(
    *,
    embedding: EmbeddingParams,
    word2vec: Word2VecParams,
    types: TypesParams,
    seed: int,
    utterances: Input,
    segmentation: Input,
    space: Output,
    tokens: Output,
    transcript: Output,
) -> None:
    """Cluster word segments by sound, train skip-gram on the sequences of cluster names.

    The segmentation must be the true one. A token's vector is that of its unit; a word's is the
    mean over its training tokens, as in rows A* and A. Word identity is used for that mean alone.

    ``transcript`` is what perfect units would give: skip-gram over the words that were spoken.
    """
    corpus, found = Utterances.load(utterances), Segmentation.load(segmentation)
    sounds = embed(corpus.frames, found.first, found.last, embedding)
    labels, centres = kmeans(sounds, types.clusters, derive_seed(seed, "units"))
    edges = np.flatnonzero(np.diff(corpus.utterance_of(found.first))) + 1
    names = np.array([cluster_name(label) for label in range(len(centres))])
    learnt = skip_gram(_sequences(names[labels], edges), word2vec, seed)
    units = _Units(learnt, centres[[names.tolist().index(name) for name in learnt.words]])
    said = corpus.word[corpus.words_of("train")]
    words = np.array(corpus.vocabulary)[said]
    skip_gram(_sequences(words, edges), word2vec, seed).save(transcript)
    vectors = units.vectors_of(sounds)
    average_by_word(vectors, said, corpus.vocabulary, types.min_count).save(space)
    test = corpus.words_of("test")
    heard = embed(corpus.frames, corpus.word_first[test], corpus.word_last[test], embedding)
    spoken_test_tokens(corpus, units.vectors_of(heard)).save(tokens)


def _sequences(names: np.ndarray, edges: np.ndarray) -> list[list[str]]:
    """One list of names an utterance, which begins at each edge."""
    return [part.tolist() for part in np.split(names, edges)]


class _Units:
    """Units with a vector, and the sound that each stands for."""

    def __init__(self, space: Space, centres: np.ndarray) -> None:
        self.space, self.centres = space, centres

    def vectors_of(self, sounds: np.ndarray) -> np.ndarray:
        """Vector float32 [n, d] of the unit nearest to each sound [n, D]."""
        squares = (self.centres**2).sum(1)
        return self.space.vectors[(squares - 2 * sounds @ self.centres.T).argmin(1)]

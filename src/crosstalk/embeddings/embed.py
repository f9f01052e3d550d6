"""The stage that embeds segments with an encoder and makes word types of them."""

from __future__ import annotations

import numpy as np

from crosstalk.embeddings.encode import encode_segments
from crosstalk.embeddings.grouping import average_by_word, cluster_name
from crosstalk.embeddings.kmeans import kmeans
from crosstalk.embeddings.speech2vec import draw_network
from crosstalk.embeddings.tokens import spoken_test_tokens
from crosstalk.params.speech2vec import NetworkParams, TypesParams
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output
from crosstalk.tensors import load_tensors


def embed_segments(
    *,
    network: NetworkParams,
    types: TypesParams,
    groupings: list[str],
    seed: int,
    utterances: Input,
    segmentations: list[Input],
    models: list[Input],
    spaces: list[Output],
    tokens: list[Output],
) -> None:
    """Embed training segments and group them into types; embed test words one by one.

    A stage makes several spaces, because starting a process takes longer than making one:
    ``groupings``, ``segmentations``, ``models``, ``spaces`` and ``tokens`` run in parallel.

    A grouping is ``words`` (rows A*, A: the segmentation must be the true one, whose words are
    then averaged by identity) or ``clusters`` (rows B to F: k-means, without any word). Types with
    fewer than ``types.min_count`` segments are left out, the most frequent stands first. Test
    tokens are the true words in every row, as the paper's Table 1 suggests.
    """
    corpus = Utterances.load(utterances)
    module = draw_network(network, corpus.frames.shape[1], seed=0)
    for grouping, segmentation, model, space, heard in zip(
        groupings, segmentations, models, spaces, tokens, strict=True
    ):
        module.load_state_dict(load_tensors(model, "pt"))

        def embed(first: np.ndarray, last: np.ndarray) -> np.ndarray:
            segments = Segments.cut(corpus, first, last)
            return encode_segments(module.encode, segments, network.max_frames)

        found = Segmentation.load(segmentation)
        vectors = embed(found.first, found.last)
        if grouping == "words":
            labels, names = corpus.word[corpus.words_of("train")], corpus.vocabulary
        else:
            labels, centres = kmeans(vectors, types.clusters, derive_seed(seed, "k-means"))
            names = [cluster_name(label) for label in range(len(centres))]
        average_by_word(vectors, labels, names, types.min_count).save(space)
        test = corpus.words_of("test")
        vectors = embed(corpus.word_first[test], corpus.word_last[test])
        spoken_test_tokens(corpus, vectors).save(heard)

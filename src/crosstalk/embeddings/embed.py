"""The stage that embeds segments with an encoder and makes word types of them."""

from __future__ import annotations

from typing import Literal

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
    grouping: Literal["words", "clusters"],
    seed: int,
    utterances: Input,
    segmentation: Input,
    model: Input,
    space: Output,
    tokens: Output,
) -> None:
    """Embed training segments and group them into types; embed test words one by one.

    ``grouping`` is ``words`` (rows A*, A: the segmentation must be the true one, whose words are
    then averaged by identity) or ``clusters`` (rows B to F: k-means, without any word). Types with
    fewer than ``types.min_count`` segments are left out, the most frequent stands first. Test
    tokens are the true words in every row, as the paper's Table 1 suggests.
    """
    corpus, found = Utterances.load(utterances), Segmentation.load(segmentation)
    module = draw_network(network, corpus.frames.shape[1], seed=0)
    module.load_state_dict(load_tensors(model, "pt"))
    segments = Segments.cut(corpus, found.first, found.last)
    vectors = encode_segments(module.encode, segments, network.max_frames)
    if grouping == "words":
        said = corpus.word[corpus.words_of("train")]
        grouped = average_by_word(vectors, said, corpus.vocabulary, types.min_count)
    else:
        labels, centres = kmeans(vectors, types.clusters, derive_seed(seed, "k-means"))
        names = [cluster_name(label) for label in range(len(centres))]
        grouped = average_by_word(vectors, labels, names, types.min_count)
    grouped.save(space)
    test = corpus.words_of("test")
    segments = Segments.cut(corpus, corpus.word_first[test], corpus.word_last[test])
    heard = encode_segments(module.encode, segments, network.max_frames)
    spoken_test_tokens(corpus, heard).save(tokens)

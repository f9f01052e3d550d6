"""The stage that embeds segments with encoders and makes word types of them."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load_file

from crosstalk.embeddings.batches import gather
from crosstalk.embeddings.grouping import average_by_word, cluster_name
from crosstalk.embeddings.kmeans import kmeans
from crosstalk.embeddings.speech2vec import Speech2Vec, draw_network
from crosstalk.embeddings.tokens import spoken_test_tokens
from crosstalk.params.speech2vec import NetworkParams, TypesParams
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output
from crosstalk.training.device import device

TOGETHER = 512


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
    """Embed speech by several encoders: training segments grouped into types, test words singly.

    A grouping is ``words`` (rows A*, A: the segmentation must be the true one, whose words are
    then averaged by identity) or ``clusters`` (rows B to F: k-means, without any word). Types with
    fewer than ``types.min_count`` segments are left out, the most frequent stands first. Test
    tokens are the true words in every row, as the paper's Table 1 suggests.

    Raises
    ------
    DataError
        A file is broken.

    """
    corpus = Utterances.load(utterances)
    test = corpus.words_of("test")
    said = Segments.cut(corpus, corpus.word_first[test], corpus.word_last[test])
    module = draw_network(network, corpus.frames.shape[1], seed=0)
    for grouping, segmentation, model, space, token in zip(
        groupings, segmentations, models, spaces, tokens, strict=True
    ):
        module.load_state_dict(load_file(model))
        found = Segmentation.load(segmentation)
        vectors = _embed(module, Segments.cut(corpus, found.first, found.last), network)
        if grouping == "words":
            words = corpus.word[corpus.words_of("train")]
            grouped = average_by_word(vectors, words, corpus.vocabulary, types.min_count)
        else:
            labels, centres = kmeans(vectors, types.clusters, derive_seed(seed, "k-means"))
            names = [cluster_name(label) for label in range(len(centres))]
            grouped = average_by_word(vectors, labels, names, types.min_count)
        grouped.save(space)
        spoken_test_tokens(corpus, _embed(module, said, network)).save(token)


@torch.inference_mode()
def _embed(module: Speech2Vec, segments: Segments, cfg: NetworkParams) -> np.ndarray:
    """Z of every segment, float32 [n, d], batched by length."""
    module.eval().to(device())
    frames = torch.from_numpy(segments.frames).to(device())
    offsets = torch.from_numpy(segments.offsets).to(device())
    lengths = offsets.diff().clamp(max=cfg.max_frames)
    vectors = torch.empty(len(lengths), cfg.dimension, device=device())
    for batch in lengths.argsort(stable=True).split(TOGETHER):
        vectors[batch] = module.encode(*gather(frames, offsets[batch], lengths[batch]))
    return vectors.cpu().numpy()

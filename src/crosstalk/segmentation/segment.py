"""Stages that segment the training utterances into words."""

from __future__ import annotations

import numpy as np

from crosstalk.errors import DataError
from crosstalk.params.segmentation import (
    BESGMMParams,
    ChunkParams,
    EmbeddingParams,
    ESKMeansParams,
    RecurrenceParams,
    SyllableParams,
)
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.bes_gmm import bes_gmm
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.segmentation.chunks import equal_chunks
from crosstalk.segmentation.embedding import embed
from crosstalk.segmentation.es_kmeans import es_kmeans
from crosstalk.segmentation.recurrence import cluster_syllables, join_recurring
from crosstalk.segmentation.syllables import candidates, find_syllables, speech_stretches
from crosstalk.speech.utterances import SPLITS, Utterances
from crosstalk.stage import Input, Output


def segment_sylseg(
    *,
    syllables: SyllableParams,
    embedding: EmbeddingParams,
    recurrence: RecurrenceParams,
    shift_ms: float,
    seed: int,
    utterances: Input,
    segmentation: Output,
) -> None:
    """Segment by recurring syllables, SylSeg (row E)."""
    corpus = Utterances.load(utterances)
    found, utterance = _syllables(corpus, syllables, shift_ms)
    first, last = found.T
    labels = cluster_syllables(
        embed(corpus.frames, first, last, embedding),
        recurrence,
        np.random.default_rng(derive_seed(seed, "syllable clusters")),
    )
    joined = (first[1:] == last[:-1]) & (utterance[1:] == utterance[:-1])
    sizes = join_recurring(
        labels,
        joined,
        max_syllables=recurrence.max_syllables,
        min_count=recurrence.min_count,
    )
    ends = np.cumsum(sizes)
    Segmentation(first[ends - sizes], last[ends - 1]).save(segmentation)


def segment_es_kmeans(
    *,
    syllables: SyllableParams,
    embedding: EmbeddingParams,
    cfg: ESKMeansParams,
    shift_ms: float,
    seed: int,
    utterances: Input,
    segmentation: Output,
) -> None:
    """Segment by embedded segmental k-means (row D)."""
    corpus = Utterances.load(utterances)
    words = candidates(
        *_syllables(corpus, syllables, shift_ms),
        max_syllables=cfg.max_syllables,
        min_frames=cfg.min_word_frames,
    )
    chosen, _ = es_kmeans(
        words,
        embed(corpus.frames, words.first, words.last, embedding),
        cfg,
        np.random.default_rng(derive_seed(seed, "ES-KMeans")),
    )
    Segmentation(words.first[chosen], words.last[chosen]).save(segmentation)


def segment_bes_gmm(
    *,
    syllables: SyllableParams,
    embedding: EmbeddingParams,
    cfg: BESGMMParams,
    shift_ms: float,
    seed: int,
    utterances: Input,
    segmentation: Output,
) -> None:
    """Segment by the Bayesian embedded segmental GMM (row C)."""
    corpus = Utterances.load(utterances)
    found, utterance = _syllables(corpus, syllables, shift_ms)
    words = candidates(
        found, utterance, max_syllables=cfg.max_syllables, min_frames=cfg.min_word_frames
    )
    chosen = bes_gmm(
        words,
        embed(corpus.frames, words.first, words.last, embedding),
        utterance,
        cfg,
        np.random.default_rng(derive_seed(seed, "BES-GMM")),
    )
    Segmentation(words.first[chosen], words.last[chosen]).save(segmentation)


def segment_equally(
    *,
    syllables: SyllableParams,
    cfg: ChunkParams,
    shift_ms: float,
    utterances: Input,
    segmentation: Output,
) -> None:
    """Cut speech into equal chunks (row F); of ``syllables`` only the pauses matter."""
    corpus = Utterances.load(utterances)
    chunks = [
        start + equal_chunks(speech_stretches(energy, syllables, shift_ms), cfg, shift_ms)
        for _, start, energy in _training(corpus)
    ]
    Segmentation(*_some_speech(chunks).T).save(segmentation)


def _training(corpus: Utterances) -> list[tuple[int, int, np.ndarray]]:
    """Number, first frame and energies of each training utterance."""
    edges = corpus.offsets
    return [
        (i, int(edges[i]), corpus.energy[edges[i] : edges[i + 1]])
        for i in np.flatnonzero(corpus.split == SPLITS.index("train")).tolist()
    ]


def _syllables(
    corpus: Utterances, cfg: SyllableParams, shift_ms: float
) -> tuple[np.ndarray, np.ndarray]:
    """Syllables of the training utterances, int64 [s, 2], and the utterance of each, int64 [s]."""
    pieces, owners = [], []
    for i, start, energy in progress(_training(corpus), label="syllables", unit="utt"):
        pieces.append(start + find_syllables(energy, cfg, shift_ms))
        owners.append(np.full(len(pieces[-1]), i))
    return _some_speech(pieces), np.concatenate(owners)


def _some_speech(pieces: list[np.ndarray]) -> np.ndarray:
    if not sum(map(len, pieces)):
        raise DataError("no speech in the training utterances: is their energy right?")
    return np.concatenate(pieces)

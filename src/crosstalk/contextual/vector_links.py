"""Word links from the vectors of an encoder that nobody has aligned (Jalili Sabet et al. 2020).

Two words are linked if each is the other's nearest in the two sentences, so a word is in one link
at most. A word is the mean of its subwords. These links replace the statistical aligner's in
training alone: a test by links of the encoder's own would ask it about what it knows already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from crosstalk.contextual.aer import write_link_items
from crosstalk.contextual.bitext import first_pairs
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.fast_align import Links
from crosstalk.contextual.tables import PAIRS
from crosstalk.contextual.tokeniser import Subwords, WordPieces
from crosstalk.contextual.vectors import subword_vectors
from crosstalk.corpora.parquet import read_columns
from crosstalk.params.contextual import AlignParams
from crosstalk.params.vector_links import VectorLinksParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text.links import GOLD_LINKS

PAIRS_AT_ONCE = 4096
"""Sentence pairs whose vectors are held in memory together."""


def link_by_vectors(
    *,
    cfg: VectorLinksParams,
    used: AlignParams,
    vocabulary: Input,
    model: Input,
    pairs: Input,
    linked: Output,
) -> None:
    """Link the words of the sentence pairs that an alignment uses anew (stage).

    ``pairs`` and ``linked`` have the columns `crosstalk.contextual.tables.PAIRS`; of ``pairs`` that
    `crosstalk.contextual.alignment` would not read, nothing is left.
    """
    table = first_pairs(read_columns(pairs, PAIRS), used.pairs, used.max_words)
    links = nearest_words(
        Encoder.load(model),
        WordPieces.load(vocabulary),
        table["english"].to_list(),
        table["foreign"].to_list(),
        cfg.layer,
    )
    table = table.assign(
        english_links=[pair[:, 0].astype(np.int32) for pair in links],
        foreign_links=[pair[:, 1].astype(np.int32) for pair in links],
    )
    table.to_parquet(linked, index=False, compression="zstd")


def score_vector_links(
    *,
    cfg: VectorLinksParams,
    seed: int,
    vocabulary: Input,
    model: Input,
    gold: Input,
    answers: Output,
) -> None:
    """Link the words of a text that was linked by hand, and compare (stage).

    ``gold`` and ``answers`` are those of `crosstalk.contextual.aer.score_links`; the row is
    ``vectors``.
    """
    table = read_columns(gold, GOLD_LINKS)
    links = nearest_words(
        Encoder.load(model),
        WordPieces.load(vocabulary),
        table["english"].to_list(),
        table["foreign"].to_list(),
        cfg.layer,
    )
    found = [set(map(tuple, pair.tolist())) for pair in links]
    write_link_items({"vectors": found}, table, seed, answers)


def nearest_words(
    encoder: Encoder,
    pieces: WordPieces,
    source: Sequence[Sequence[str]],
    target: Sequence[Sequence[str]],
    layer: int,
) -> Links:
    """Link each pair of words that are each other's nearest by cosine, of hidden states ``layer``.

    ``source`` and ``target`` are sentences of words, in parallel. Links are in the order of the
    target words; a pair of sentences has at least one.
    """
    links: Links = []
    starts = range(0, len(source), PAIRS_AT_ONCE)
    for start in progress(starts, label="links by vectors", unit="batch"):
        part = slice(start, start + PAIRS_AT_ONCE)
        sides = [_by_sentence(encoder, pieces.cut(side[part]), layer) for side in (source, target)]
        links += [mutual_argmax((one @ other.T).numpy()) for one, other in zip(*sides, strict=True)]
    return links


def mutual_argmax(similarity: np.ndarray) -> np.ndarray:
    """Cells of [m, n] that are the first greatest of their row and of their column, int64 [k, 2].

    In the order of the columns. There is one at least.
    """
    best = similarity.argmax(0)
    columns = np.arange(similarity.shape[1])
    mutual = similarity.argmax(1)[best] == columns
    return np.stack([best[mutual], columns[mutual]], axis=1)


def word_vectors(encoder: Encoder, subwords: Subwords, layer: int) -> Tensor:
    """Mean hidden state of each word's subwords, scaled to length 1: float32 [W, d]."""
    inside = np.ones(len(subwords.ids), bool)
    inside[subwords.offsets[:-1]] = inside[subwords.offsets[1:] - 1] = False
    states = subword_vectors(encoder, subwords, [layer])[0][torch.from_numpy(inside)]
    sizes = torch.from_numpy(subwords.last - subwords.first + 1)
    word = torch.arange(len(sizes)).repeat_interleave(sizes)
    total = states.new_zeros(len(sizes), states.shape[1]).index_add(0, word, states)
    return normalize(total, dim=1)


def _by_sentence(encoder: Encoder, subwords: Subwords, layer: int) -> Iterator[Tensor]:
    words = word_vectors(encoder, subwords, layer)
    return iter(words.split(np.diff(subwords.word_offsets).tolist()))

"""Vectors of subwords and of sentences, as an encoder sees them in context."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.tokeniser import Subwords
from crosstalk.training.device import device, mixed_precision

SUBWORDS_AT_ONCE = {"cpu": 2048, "cuda": 65_536}
"""Subwords, padding counted, that are encoded together."""


def subword_vectors(encoder: Encoder, subwords: Subwords, layers: list[int]) -> Tensor:
    """Hidden states of all N subwords, float32 [layers, N, d] on the CPU, in their order.

    Layer 0 is the embeddings, the encoder's number of layers the last.
    """
    found = torch.empty(len(layers), len(subwords.ids), encoder.cfg.dimension)
    offsets = torch.from_numpy(subwords.offsets)
    for sentences, batch, states in _encoded(encoder, subwords):
        rows = offsets[sentences].to(device())[batch.sentence] + batch.place
        found[:, rows.cpu()] = torch.stack([states[layer] for layer in layers]).float().cpu()
    return found


def sentence_vectors(encoder: Encoder, subwords: Subwords) -> Tensor:
    """Mean last hidden state of each sentence, float32 [S, d] on the CPU; without [CLS], [SEP]."""
    found = torch.empty(len(subwords), encoder.cfg.dimension)
    for sentences, batch, states in _encoded(encoder, subwords):
        found[sentences] = mean_states(batch, states[-1].float()).cpu()
    return found


def mean_states(batch: Packed, states: Tensor) -> Tensor:
    """Mean of the states [N, d] of each sentence, [B, d]; its [CLS] and its last [SEP] left out."""
    ends = torch.cat([batch.starts, batch.starts + batch.lengths - 1])
    total = states.new_zeros(len(batch.lengths), states.shape[1])
    total = total.index_add(0, batch.sentence, states.index_fill(0, ends, 0))
    return total / (batch.lengths - 2).unsqueeze(1)


def batches_by_length(subwords: Subwords) -> Iterator[tuple[Tensor, Packed]]:
    """Yield all sentences, the short ones first: numbers int64 [B], and the batch on the device."""
    lengths = torch.from_numpy(subwords.lengths)
    order = lengths.argsort(stable=True)
    limit = SUBWORDS_AT_ONCE[device().type]
    start = 0
    while start < len(order):
        # Lengths rise, so a batch is padded to its last sentence.
        rising = lengths[order[start : start + limit]]
        padded = rising * torch.arange(1, len(rising) + 1)
        sentences = order[start : start + max(1, int((padded <= limit).sum()))]
        yield sentences, Packed.of(subwords, sentences).to(device())
        start += len(sentences)


def _encoded(encoder: Encoder, subwords: Subwords) -> Iterator[tuple[Tensor, Packed, list[Tensor]]]:
    """Yield the same batches with all their hidden states."""
    encoder = encoder.to(device()).eval()
    with torch.inference_mode(), mixed_precision():
        for sentences, batch in batches_by_length(subwords):
            yield sentences, batch, encoder.hidden_states(batch)

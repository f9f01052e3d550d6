"""Floating-point operations of aligning and tuning an encoder, counted without computing any."""

from __future__ import annotations

from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.params.contextual import AlignParams, EncoderParams, TuningParams

SENTENCE_SUBWORDS = 40
"""Of a sentence of Europarl and of a pair of MultiNLI, [CLS] and [SEP] counted (assumed)."""


@cache
def forward_operations(encoder: EncoderParams, subwords: int = SENTENCE_SUBWORDS) -> float:
    """Count the matrix products of one sentence, one way; a prediction of subwords is left out."""
    with torch.device("meta"):
        module = Encoder(encoder, vocabulary=2).eval()
        ids, lengths = torch.empty(subwords, dtype=torch.int64), torch.tensor([subwords])
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        module(Packed(ids, lengths, subwords))
    return counted.get_total_flops()


def aligning_operations(encoder: EncoderParams, cfg: AlignParams, languages: int) -> float:
    """Count one alignment: both sides of every pair learn, and the frozen model reads English.

    Each of so many ``languages`` has ``cfg.pairs``.
    """
    sentences = cfg.epochs * cfg.pairs * languages
    return sentences * (2 * 3 + 1) * forward_operations(encoder)


def tuning_operations(encoder: EncoderParams, cfg: TuningParams, languages: int) -> float:
    """Count one training of a classifier by each of the protocols, without the questions."""
    passes = {"light": 1, "full": cfg.epochs, "continued": cfg.epochs}
    messages = sum(passes[protocol] for protocol in cfg.protocols) * cfg.messages
    steps = passes["continued"] * cfg.messages / cfg.batch
    pairs = steps * cfg.continued_pairs * languages if "continued" in cfg.protocols else 0
    return 3 * (messages + 2 * pairs) * forward_operations(encoder)

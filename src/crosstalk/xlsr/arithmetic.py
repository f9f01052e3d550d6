"""Floating-point operations of training, counted without computing any of them.

Multiplications and additions of matrices and convolutions in the encoder and the context network.
Layers that LayerDrop leaves out are counted; quantiser, contrastive loss and CTC are not. The way
back through a part that learns costs twice the way forward.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from crosstalk.params.ctc import FinetuneParams
from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.xlsr.model import SpeechModel

SAMPLE_RATE = 16_000
UTTERANCE_SECONDS = 10.0
"""Of fine-tuning: at this length, and less at shorter ones, attention costs little."""


class Forward(NamedTuple):
    """Operations of one stretch of audio, one way."""

    convolutions: float
    context: float

    @property
    def all(self) -> float:
        return self.convolutions + self.context


@cache
def forward_operations(model: XlsrModelParams, seconds: float, upto: int | None = None) -> Forward:
    """Count the operations of the way forward through all blocks, or the first ``upto``."""
    with torch.device("meta"):
        module = SpeechModel(model).eval()
        audio = torch.empty(1, round(seconds * SAMPLE_RATE), 1)
    with FlopCounterMode(display=False) as convolutions, torch.no_grad():
        module.encoder(audio, None)
    with FlopCounterMode(display=False) as both, torch.no_grad():
        module.encode(audio, upto=upto)
    first = convolutions.get_total_flops()
    return Forward(first, both.get_total_flops() - first)


def update_operations(model: XlsrModelParams, pretrain: PretrainParams) -> float:
    """Count one update of pretraining: ``accumulate`` batches of ``batch_seconds`` in crops."""
    crops = pretrain.accumulate * pretrain.batch_seconds / pretrain.crop_seconds
    return 3 * forward_operations(model, pretrain.crop_seconds).all * crops


def tuning_operations(
    model: XlsrModelParams, tuning: FinetuneParams, protocol: Literal["full", "frozen", "all"]
) -> float:
    """Count one update of fine-tuning, on average: in the first ones the output layer alone learns.

    The ``protocol`` says what learns afterwards: all but the convolutions, nothing else, or all.
    """
    forward = forward_operations(model, UTTERANCE_SECONDS)
    learning = max(0.0, 1 - tuning.head_updates / tuning.updates)
    back = {"full": forward.context, "frozen": 0.0, "all": forward.all}[protocol]
    utterances = tuning.batch_seconds / UTTERANCE_SECONDS
    return utterances * (forward.all + 2 * learning * back)

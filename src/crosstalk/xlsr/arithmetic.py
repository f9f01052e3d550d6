"""Floating-point operations of pretraining, counted without computing any of them."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.xlsr.model import SpeechModel

SAMPLE_RATE = 16_000


def update_operations(model: XlsrModelParams, pretrain: PretrainParams) -> float:
    """Count the operations of one update of one process: three times those of the way forward.

    Multiplications and additions of matrices and convolutions in the encoder and the context
    network, over ``accumulate`` batches of ``batch_seconds`` in crops of ``crop_seconds``; layers
    that LayerDrop leaves out are counted, quantiser and contrastive loss are not.
    """
    crop = round(pretrain.crop_seconds * SAMPLE_RATE)
    with torch.device("meta"):
        module = SpeechModel(model).eval()
        audio = torch.empty(1, crop, 1)
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        module.encode(audio)
    crops = pretrain.accumulate * pretrain.batch_seconds / pretrain.crop_seconds
    return 3 * counted.get_total_flops() * crops

"""Floating-point operations of training with pictures (see `crosstalk.xlsr.arithmetic`)."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.grounding.captions import Variant
from crosstalk.params.grounding import GroundedParams
from crosstalk.xlsr.arithmetic import forward_operations, update_operations


def training_operations(cfg: GroundedParams, variants: Sequence[Variant]) -> float:
    """Count one training of a condition: the first stage once, the second for each of ``variants``.

    Captions are taken to be as long as the longest. Frozen features of pictures cost nothing here;
    what learns from them is left out.
    """
    masked = update_operations(cfg.model, cfg.pretrain.model_copy(update={"accumulate": 1}))
    seconds, tap = cfg.grounding.caption_seconds, cfg.grounding.tap
    captions = cfg.grounding.batch_captions * forward_operations(cfg.model, seconds, tap).all
    matched = sum(variant != "alone" for variant in variants)
    return cfg.pretrain.updates * masked + cfg.joint_updates * (
        len(variants) * masked + matched * 3 * captions
    )

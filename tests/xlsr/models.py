"""Tiny models of both kinds."""

from crosstalk.params.xlsr import (
    ContextParams,
    EncoderParams,
    ObjectiveParams,
    QuantiserParams,
    XlsrModelParams,
)


def tiny(norm="layer", pre_norm=True, inputs=1, **changes):
    """A model of a few thousand weights; ``changes`` are to its parts."""
    wave = inputs == 1
    parts = {
        "encoder": EncoderParams(
            inputs=inputs,
            channels=(12, 10, 8) if wave else (10, 8),
            kernels=(10, 3, 2) if wave else (3, 3),
            strides=(5, 2, 2) if wave else (2, 1),
            norm=norm,
            bias=norm == "layer",
            gradient_scale=1.0,
        ),
        "context": ContextParams(
            dimension=16,
            layers=3,
            heads=2,
            feed_forward=24,
            pre_norm=pre_norm,
            position_kernel=6,
            position_groups=4,
            dropout=0.0,
            layer_drop=0.0,
        ),
        "quantiser": QuantiserParams(entries=6, dimension=12),
        "objective": ObjectiveParams(
            dimension=10, mask_length=3, distractors=7, penalty_weight=0.0
        ),
    }
    for name, change in changes.items():
        parts[name] = parts[name].model_copy(update=change)
    return XlsrModelParams(**parts)

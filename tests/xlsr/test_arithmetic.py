"""Counted operations are those of a closed form."""

import pytest

from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.xlsr.arithmetic import update_operations


def test_operations_of_an_update():
    cfg = XlsrModelParams()
    pretrain = PretrainParams(crop_seconds=2.0, batch_seconds=20.0, accumulate=3)
    frames, before, encoder = 32_000, cfg.encoder.inputs, 0
    front = cfg.encoder
    for width, kernel, stride in zip(front.channels, front.kernels, front.strides, strict=True):
        frames = (frames - kernel) // stride + 1
        encoder += frames * before * kernel * width
        before = width
    c = cfg.context
    d = c.dimension
    position = frames * d * d // c.position_groups * c.position_kernel
    block = frames * (4 * d * d + 2 * d * c.feed_forward) + 2 * frames**2 * d
    products = encoder + frames * before * d + position + c.layers * block
    assert update_operations(cfg, pretrain) == pytest.approx(3 * 2 * products * 30, rel=0.02)

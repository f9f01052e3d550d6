"""Counted operations are those of a closed form."""

import pytest

from crosstalk.params.ctc import FinetuneParams
from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.xlsr.arithmetic import (
    UTTERANCE_SECONDS,
    forward_operations,
    tuning_operations,
    update_operations,
)

CFG = XlsrModelParams()


def products(samples):
    """Multiplications of the convolutions, and those of all that comes after them."""
    frames, before, convolutions = samples, CFG.encoder.inputs, 0
    front = CFG.encoder
    for width, kernel, stride in zip(front.channels, front.kernels, front.strides, strict=True):
        frames = (frames - kernel) // stride + 1
        convolutions += frames * before * kernel * width
        before = width
    c = CFG.context
    d = c.dimension
    position = frames * d * d // c.position_groups * c.position_kernel
    block = frames * (4 * d * d + 2 * d * c.feed_forward) + 2 * frames**2 * d
    return convolutions, frames * before * d + position + c.layers * block


def test_operations_of_an_update():
    pretrain = PretrainParams(crop_seconds=2.0, batch_seconds=20.0, accumulate=3)
    expected = 3 * 2 * sum(products(32_000)) * 30
    assert update_operations(CFG, pretrain) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("protocol", ["full", "frozen", "all"])
def test_what_does_not_learn_has_no_way_back(protocol):
    tuning = FinetuneParams(updates=100, head_updates=25, batch_seconds=4 * UTTERANCE_SECONDS)
    convolutions, context = products(round(UTTERANCE_SECONDS * 16_000))
    learns = {"full": context, "frozen": 0, "all": convolutions + context}[protocol]
    forward, back = 100 * (convolutions + context), 75 * 2 * learns
    found = 100 * tuning_operations(CFG, tuning, protocol)
    assert found == pytest.approx(2 * 4 * (forward + back), rel=0.02)


def test_blocks_that_are_not_run_are_not_counted():
    none, half, whole = (forward_operations(CFG, 2.0, upto).context for upto in (0, 6, 12))
    assert whole - half == half - none > 0

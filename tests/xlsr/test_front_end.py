"""The encoder's convolutions against torch's, whose layout is another."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import conv1d

from crosstalk.xlsr.front_end import Convolution


@given(
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    frames=st.integers(0, 30),
    bias=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_convolution_is_torchs(kernel, stride, frames, bias, seed):
    torch.manual_seed(seed)
    ours = Convolution(3, 4, kernel, stride, bias=bias).double()
    x = torch.randn(2, frames, 3, dtype=torch.float64, requires_grad=True)
    found = ours(x)
    if frames < kernel:
        assert found.shape == (2, 0, 4)  # torch refuses
        return
    expected = conv1d(x.transpose(1, 2), ours.weight, ours.bias, stride).transpose(1, 2)
    torch.testing.assert_close(found, expected)
    inputs = [x, *ours.parameters()]
    weights = torch.randn_like(expected)
    for mine, torchs in zip(
        torch.autograd.grad((found * weights).sum(), inputs),
        torch.autograd.grad((expected * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(mine, torchs)

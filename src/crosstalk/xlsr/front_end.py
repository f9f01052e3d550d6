"""The encoder of wav2vec 2.0: convolutions from audio to one latent vector every 20 ms.

Without padding, so a frame depends on nothing beyond its own 25 ms, and rows of a padded batch get
what they would get alone. Read in samples it is the papers' encoder; read in log-mel frames, the
same convolutions make a small one.

Everything is [B, T, C], a frame's channels side by side, as normalisation over channels wants them:
with [B, C, T] between, two fifths of a step on a CPU were copies and GELU's gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from crosstalk.params.xlsr import EncoderParams

_EPSILON = 1e-5


class Convolution(nn.Conv1d):
    """Conv1d over float [B, T, C], as one matrix product of windows laid out side by side."""

    def forward(self, x: Tensor) -> Tensor:
        """Map float [B, T, C] to [B, (T - kernel) // stride + 1, O]."""
        (kernel,), (stride,) = self.kernel_size, self.stride
        rows, frames, channels = x.shape
        windows = max(0, _after(self, frames))
        # A window is that many steps of `stride` frames, the last of which may be cut short.
        steps = -(-kernel // stride)
        count = windows + steps - 1
        x = functional.pad(x, (0, 0, 0, count * stride - frames))  # or, if negative, cut
        stepped = x.reshape(rows, count, stride * channels)
        parts = [
            stepped[:, step : step + windows, : (kernel - step * stride) * channels]
            for step in range(steps)
        ]
        weight = self.weight.transpose(1, 2).flatten(1)
        return functional.linear(torch.cat(parts, 2), weight, self.bias)


class ChannelNorm(nn.Module):
    """Every channel of a row over its time: GroupNorm with one channel a group, blind to padding.

    Padding counts in GroupNorm's mean and variance, and so would change the frames before it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, inside: Tensor | None) -> Tensor:
        """Normalise float [B, T, C]; ``inside`` bool [B, T, 1] is false in padding."""
        if inside is None:
            turned = x.transpose(1, 2)
            turned = functional.group_norm(
                turned, turned.shape[1], self.weight, self.bias, _EPSILON
            )
            return turned.transpose(1, 2).contiguous()
        x = x.float()
        count = inside.sum(1, keepdim=True)
        mean = (x * inside).sum(1, keepdim=True) / count
        variance = ((x - mean).square() * inside).sum(1, keepdim=True) / count
        return (x - mean) * torch.rsqrt(variance + _EPSILON) * self.weight + self.bias


class FrameNorm(nn.LayerNorm):
    """LayerNorm over the channels of float [B, T, C]."""

    def forward(self, x: Tensor, inside: Tensor | None) -> Tensor:  # noqa: ARG002 - as ChannelNorm
        return super().forward(x)


class ConvEncoder(nn.Module):
    """Convolution, normalisation and GELU, layer by layer (wav2vec 2.0, section 2)."""

    def __init__(self, cfg: EncoderParams) -> None:
        super().__init__()
        self.gradient_scale = cfg.gradient_scale
        inputs = (cfg.inputs, *cfg.channels[:-1])
        self.convolutions = nn.ModuleList(
            Convolution(*shape, bias=cfg.bias)
            for shape in zip(inputs, cfg.channels, cfg.kernels, cfg.strides, strict=True)
        )
        for convolution in self.convolutions:
            nn.init.kaiming_normal_(convolution.weight)
        if cfg.norm == "group":
            norms = [ChannelNorm(cfg.channels[0])]
        else:
            norms = [FrameNorm(channels) for channels in cfg.channels]
        self.norms = nn.ModuleList(norms)

    def lengths[Lengths: (int, Tensor)](self, lengths: Lengths) -> Lengths:
        """Return how many latent vectors come of that many input frames (int64 if a tensor)."""
        for convolution in self.convolutions:
            lengths = _after(convolution, lengths)
        return lengths

    def forward(self, audio: Tensor, lengths: Tensor | None) -> Tensor:
        """Map audio float32 [B, L, F] to float [B, T, C]; ``lengths`` int64 [B], None for all L."""
        x = audio
        for index, convolution in enumerate(self.convolutions):
            x = convolution(x)
            if lengths is not None:
                lengths = _after(convolution, lengths)
            if index < len(self.norms):
                x = self.norms[index](x, inside(lengths, x.shape[1]))
            x = functional.gelu(x)
        return scale_gradient(x, self.gradient_scale)


def _after[Lengths: (int, Tensor)](convolution: nn.Conv1d, lengths: Lengths) -> Lengths:
    (kernel,), (stride,) = convolution.kernel_size, convolution.stride
    return (lengths - kernel) // stride + 1


def inside(lengths: Tensor | None, frames: int) -> Tensor | None:
    """Bool [B, T, 1], false in padding; None where there is none."""
    if lengths is None:
        return None
    return (torch.arange(frames, device=lengths.device) < lengths[:, None]).unsqueeze(2)


def scale_gradient(x: Tensor, scale: float) -> Tensor:
    """Return ``x``, whose gradient will be multiplied by ``scale``."""
    return x if scale == 1 else x * scale + x.detach() * (1 - scale)

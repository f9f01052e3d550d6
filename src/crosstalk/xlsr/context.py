"""The context network of wav2vec 2.0: a Transformer with convolutional relative positions."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from crosstalk.params.xlsr import ContextParams

_DEVIATION = 0.02  # of initial weights, as BERT's


class Positions(nn.Module):
    """A wide grouped convolution whose output, added to its input, tells where a frame stands."""

    def __init__(self, dimension: int, kernel: int, groups: int) -> None:
        super().__init__()
        convolution = nn.Conv1d(dimension, dimension, kernel, padding=kernel // 2, groups=groups)
        nn.init.normal_(convolution.weight, std=(4 / (kernel * dimension)) ** 0.5)
        nn.init.zeros_(convolution.bias)
        self.convolution = weight_norm(convolution, dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map float [B, T, D] to the same shape; an even kernel's extra frame is dropped."""
        return functional.gelu(self.convolution(x.transpose(1, 2))[..., : x.shape[1]]).transpose(
            1, 2
        )


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, dimension: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.queries_keys_values = nn.Linear(dimension, 3 * dimension)
        self.output = nn.Linear(dimension, dimension)

    def forward(self, x: Tensor, keys: Tensor | None) -> Tensor:
        """Map float [B, T, D] to the same shape; ``keys`` bool [B, 1, 1, T] may be looked at."""
        rows, frames, dimension = x.shape
        split = self.queries_keys_values(x).view(rows, frames, 3, self.heads, -1)
        mixed = functional.scaled_dot_product_attention(
            *split.permute(2, 0, 3, 1, 4),
            attn_mask=keys,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.output(mixed.transpose(1, 2).reshape(rows, frames, dimension))


class Block(nn.Module):
    """Self-attention and a feed-forward network, each with a shortcut and a normalisation."""

    def __init__(self, cfg: ContextParams) -> None:
        super().__init__()
        self.pre_norm = cfg.pre_norm
        self.attention = Attention(cfg.dimension, cfg.heads, cfg.dropout)
        self.attention_norm = nn.LayerNorm(cfg.dimension)
        self.inner = nn.Linear(cfg.dimension, cfg.feed_forward)
        self.outer = nn.Linear(cfg.feed_forward, cfg.dimension)
        self.feed_forward_norm = nn.LayerNorm(cfg.dimension)
        self.dropout = nn.Dropout(cfg.dropout)
        self.initialise()

    def initialise(self, generator: Generator | None = None) -> None:
        """Draw all weights anew, from the global stream if no generator is given."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=_DEVIATION, generator=generator)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.LayerNorm):
                module.reset_parameters()

    def forward(self, x: Tensor, keys: Tensor | None) -> Tensor:
        """Map float [B, T, D] to the same shape."""
        if self.pre_norm:
            x = x + self.dropout(self.attention(self.attention_norm(x), keys))
            return x + self._feed_forward(self.feed_forward_norm(x))
        x = self.attention_norm(x + self.dropout(self.attention(x, keys)))
        return self.feed_forward_norm(x + self._feed_forward(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.outer(functional.gelu(self.inner(x))))


class ContextNetwork(nn.Module):
    """Blocks over frames that know their relative positions."""

    def __init__(self, cfg: ContextParams) -> None:
        super().__init__()
        self.cfg = cfg
        self.positions = Positions(cfg.dimension, cfg.position_kernel, cfg.position_groups)
        self.norm = nn.LayerNorm(cfg.dimension)
        self.dropout = nn.Dropout(cfg.dropout)
        self.blocks = nn.ModuleList(Block(cfg) for _ in range(cfg.layers))

    def forward(self, x: Tensor, inside: Tensor | None, upto: int) -> tuple[Tensor, list[Tensor]]:
        """Return the context float [B, T, D], and the input and output of every block that ran.

        Parameters
        ----------
        x
            float [B, T, D].
        inside
            bool [B, T, 1], false in padding; None where there is none.
        upto
            Blocks to run. In the pre-norm variant the normalisation after the last block belongs
            to the context only if all run.

        """
        if inside is not None:
            x = x * inside
        x = x + self.positions(x)
        if not self.cfg.pre_norm:
            x = self.norm(x)
        return self.go_on(self.dropout(x), inside, 0, upto)

    def go_on(
        self, x: Tensor, inside: Tensor | None, begin: int, upto: int
    ) -> tuple[Tensor, list[Tensor]]:
        """Run blocks ``begin`` to ``upto`` on what the one before made; results as of `forward`."""
        keys = None if inside is None else inside.transpose(1, 2).unsqueeze(1)
        states = [x]
        for block in self.blocks[begin:upto]:
            dropped = self.training and torch.rand(()).item() < self.cfg.layer_drop
            states.append(states[-1] if dropped else block(states[-1], keys))
        whole = self.cfg.pre_norm and upto == len(self.blocks)
        return self.norm(states[-1]) if whole else states[-1], states

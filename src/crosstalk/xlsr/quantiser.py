"""Product quantisation of latent vectors (wav2vec 2.0, section 2): one codeword of each group."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from crosstalk.params.xlsr import QuantiserParams


class Quantised(NamedTuple):
    """N latent vectors and what stands for them."""

    vectors: Tensor
    """float32 [N, D]: the chosen codewords, joined."""
    codes: Tensor
    """int64 [N, G]: which they are."""
    logits: Tensor
    """float32 [N, G, V]: what they were chosen by, without noise."""


class Quantiser(nn.Module):
    """Chooses codewords by Gumbel noise in training and by the highest logit otherwise.

    Gradients pass straight through the choice to the logits, and to the chosen codewords.
    """

    def __init__(self, cfg: QuantiserParams, inputs: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.logits = nn.Linear(inputs, cfg.groups * cfg.entries)
        nn.init.normal_(self.logits.weight)
        nn.init.zeros_(self.logits.bias)
        width = cfg.dimension // cfg.groups
        self.codewords = nn.Parameter(torch.rand(cfg.groups, cfg.entries, width))

    def temperature(self, step: int) -> float:
        """Return the Gumbel softmax's temperature at an update (wav2vec 2.0, section 4.2)."""
        cfg = self.cfg
        return max(cfg.end_temperature, cfg.start_temperature * cfg.temperature_decay**step)

    def number(self, codes: Tensor) -> Tensor:
        """Number combinations of codes int64 [N, G]: int64 [N], from 0 to V ** G - 1."""
        number = torch.zeros_like(codes[:, 0])
        for group in codes.unbind(1):
            number = number * self.cfg.entries + group
        return number

    def forward(self, latents: Tensor, temperature: float) -> Quantised:
        """Quantise float32 [N, C]; ``temperature`` matters in training alone."""
        logits = self.logits(latents).view(-1, self.cfg.groups, self.cfg.entries)
        if self.training:
            chosen = functional.gumbel_softmax(logits, temperature, hard=True)
        else:
            chosen = functional.one_hot(logits.argmax(-1), self.cfg.entries).to(logits.dtype)
        vectors = torch.einsum("ngv,gvd->ngd", chosen, self.codewords).flatten(1)
        return Quantised(vectors, chosen.argmax(-1), logits)

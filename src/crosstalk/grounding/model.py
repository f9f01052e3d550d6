"""A speech model that is taught by pictures beside its masked loss (VGS+, FaST-VGS+)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from crosstalk.errors import DataError
from crosstalk.grounding.captions import Variant
from crosstalk.grounding.pictures import PictureEncoder
from crosstalk.grounding.written import TextEncoder
from crosstalk.params.grounding import GroundingParams
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.xlsr.front_end import inside
from crosstalk.xlsr.masking import as_mask
from crosstalk.xlsr.model import Terms, build_model

LARGEST_SCALE = 100.0
"""Of the learned inverse temperature (CLIP)."""


@dataclass(frozen=True)
class Masked:
    """A batch of the masked loss: what `SpeechModel.forward` takes."""

    audio: Tensor
    positions: Tensor
    distractors: Tensor
    temperature: float


@dataclass(frozen=True)
class Captions:
    """A batch of the matching loss."""

    audio: Tensor
    """float32 [B, L, F], padded."""
    lengths: Tensor
    """int64 [B]: input frames of each."""
    positions: Tensor | None
    """int64 [B, M]: masked latent frames; None where captions are heard whole."""
    seen: Tensor
    """What each describes, as its encoder takes it."""


class Matched(NamedTuple):
    """Captions and what they describe, in one space."""

    spoken: Tensor
    """float32 [B, d]."""
    seen: Tensor
    """float32 [B, d]."""
    scale: Tensor
    """float32 []: what dot products are multiplied by."""


class Projection(nn.Module):
    """Two layers into the shared space, over what sets the entries of a batch apart.

    Means over frames or pixels have much in common; without taking that away (by batch
    normalisation, as heads of contrastive models do) matching starts by collapsing into one point.
    """

    def __init__(self, inputs: int, dimension: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(inputs)
        self.hidden = nn.Linear(inputs, dimension)
        self.output = nn.Linear(dimension, dimension)

    def forward(self, x: Tensor) -> Tensor:
        """Map float32 [B, inputs] to float32 [B, dimension]."""
        return self.output(functional.gelu(self.hidden(self.norm(x))))


class GroundedSpeech(nn.Module):
    """The speech model of XLSR, a branch that leaves it after some blocks, and the other side."""

    def __init__(
        self, model: XlsrModelParams, cfg: GroundingParams, sight: nn.Module | None
    ) -> None:
        """Build; ``sight`` maps what is seen to [B, sight.dimension], without it all is speech."""
        super().__init__()
        self.cfg = cfg
        self.speech = build_model(model)
        if sight is None:
            return
        self.spoken_head = Projection(model.context.dimension, cfg.dimension)
        self.sight = sight
        self.seen_head = Projection(sight.dimension, cfg.dimension)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / cfg.temperature)))

    def embed_speech(
        self, audio: Tensor, lengths: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """Map captions to the shared space: the mean over frames that are heard, float32 [B, d].

        Parameters
        ----------
        audio
            float32 [B, L, F], padded.
        lengths
            int64 [B]: input frames.
        positions
            int64 [B, M]: latent frames that are masked.

        """
        frames = self.speech.encoder.lengths(audio.shape[1])
        mask = None if positions is None else as_mask(positions, frames)
        encoded = self.speech.encode(audio, lengths, mask=mask, upto=self.cfg.tap)
        there = inside(encoded.lengths, frames).squeeze(2)
        heard = there if mask is None else there & ~mask
        # A short caption may be masked whole: then its masked frames have to do.
        weight = torch.where(heard.any(1, keepdim=True), heard, there).unsqueeze(-1).float()
        mean = (encoded.layers[self.cfg.tap].float() * weight).sum(1) / weight.sum(1)
        return self._place(self.spoken_head(mean))

    def embed_seen(self, seen: Tensor) -> Tensor:
        """Map what captions describe to the shared space, float32 [B, d]."""
        return self._place(self.seen_head(self.sight(seen)))

    def forward(
        self, masked: list[Masked], captions: Captions | None
    ) -> tuple[list[Terms], Matched | None]:
        """Both sides of a training step; without captions there is no matching."""
        terms = [
            self.speech(batch.audio, batch.positions, batch.distractors, batch.temperature)
            for batch in masked
        ]
        if captions is None:
            return terms, None
        spoken = self.embed_speech(captions.audio, captions.lengths, captions.positions)
        return terms, Matched(spoken, self.embed_seen(captions.seen), self.scale())

    def scale(self) -> Tensor:
        """What dot products are multiplied by: 1 with a margin, else the learned scale."""
        if self.cfg.loss == "margin":
            return torch.ones_like(self.log_scale)
        return self.log_scale.exp().clamp(max=LARGEST_SCALE)

    def _place(self, vectors: Tensor) -> Tensor:
        return vectors if self.cfg.loss == "margin" else functional.normalize(vectors, dim=-1)


def build_sight(variant: Variant, cfg: GroundingParams, features: int) -> nn.Module | None:
    """Build the encoder of what is seen: ``features`` frozen ones a picture, or 0 for pixels."""
    if variant == "alone":
        return None
    if variant == "text":
        return TextEncoder(cfg.dimension)
    return Features(features) if features else PictureEncoder(cfg.channels)


class Features(nn.Identity):
    """Frozen features, as they are."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.dimension = dimension


def save_variants(
    path: Path,
    variants: dict[Variant, GroundedSpeech],
    model: XlsrModelParams,
    cfg: GroundingParams,
    features: int,
) -> None:
    """Write all variants of one audio condition as one safetensors file."""
    tensors = {
        f"{variant}/{name}": tensor.contiguous()
        for variant, module in variants.items()
        for name, tensor in module.state_dict().items()
    }
    about = {
        "model": model.model_dump(mode="json"),
        "grounding": cfg.model_dump(mode="json"),
        "features": features,
        "variants": list(variants),
    }
    save_file(tensors, path, metadata={"grounded": json.dumps(about)})


def load_variants(path: Path) -> dict[Variant, GroundedSpeech]:
    """Read what `save_variants` wrote, on the CPU, ready to be asked.

    Raises
    ------
    DataError
        The file is no such file.

    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["grounded"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model = XlsrModelParams.model_validate(about["model"])
        cfg = GroundingParams.model_validate(about["grounding"])
        found = {}
        for variant in about["variants"]:
            module = GroundedSpeech(model, cfg, build_sight(variant, cfg, about["features"]))
            mine = f"{variant}/"
            module.load_state_dict(
                {n.removeprefix(mine): t for n, t in tensors.items() if n.startswith(mine)}
            )
            found[variant] = module.eval()
    except (SafetensorError, ValidationError, KeyError, RuntimeError) as error:
        raise DataError(f"{path} holds no grounded models ({error}): train them again") from error
    return found

"""Parameters of XLSR (Conneau et al. 2020), which is wav2vec 2.0 on several languages.

Defaults are the Base model's: wav2vec 2.0 (Baevski et al. 2020) where XLSR does not say otherwise.
"fairseq" marks what only the authors' published configuration says.
"""

import math
from itertools import accumulate
from operator import mul
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.section import Section

Positive = Annotated[int, Field(ge=1)]


class EncoderParams(Section):
    """From audio to one latent vector every 20 ms: convolutions without padding."""

    inputs: int = Field(1, ge=1)
    """Values of an input frame: 1 for samples (the papers'), 80 for log-mel energies, which make a
    small model some twenty times cheaper."""
    channels: tuple[Positive, ...] = Field((512,) * 7, min_length=1)
    """Output channels of each convolution (wav2vec 2.0, section 4.2)."""
    kernels: tuple[Positive, ...] = (10, 3, 3, 3, 3, 2, 2)
    """Their widths (wav2vec 2.0, section 4.2)."""
    strides: tuple[Positive, ...] = (5, 2, 2, 2, 2, 2, 2)
    """Their steps (wav2vec 2.0, section 4.2); 320 samples in all."""
    norm: Literal["group", "layer"] = "group"
    """`group`: every channel over time, after the first convolution (Base); `layer`: every frame
    over channels, after each (Large)."""
    bias: bool = False
    """Whether convolutions have one (Large: yes; fairseq)."""
    gradient_scale: float = Field(0.1, ge=0, le=1)
    """In pretraining, gradients into the encoder are multiplied by this (wav2vec 2.0, section 4.2;
    Large: 1)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not len(self.channels) == len(self.kernels) == len(self.strides):
            raise ValueError(
                f"channels, kernels and strides must be equally many: {len(self.channels)}, "
                f"{len(self.kernels)}, {len(self.strides)}"
            )
        return self

    @property
    def stride(self) -> int:
        """Input frames from one latent vector to the next."""
        return math.prod(self.strides)

    @property
    def receptive_field(self) -> int:
        """Input frames that a latent vector sees."""
        steps = accumulate(self.strides[:-1], mul, initial=1)
        return 1 + sum((k - 1) * step for k, step in zip(self.kernels, steps, strict=True))


class ContextParams(Section):
    """The Transformer over latent vectors."""

    dimension: int = Field(768, ge=2)
    """Width (wav2vec 2.0, section 4.2; Large: 1024)."""
    layers: int = Field(12, ge=1)
    """Blocks (Large: 24)."""
    heads: int = Field(12, ge=1)
    """Of attention (fairseq; the paper says 8; Large: 16)."""
    feed_forward: int = Field(3072, ge=1)
    """Inner width (Large: 4096)."""
    pre_norm: bool = False
    """Layer normalisation before each sublayer instead of after it (Large: yes; fairseq)."""
    position_kernel: int = Field(128, ge=1)
    """Frames that the convolution for relative positions sees (wav2vec 2.0, section 4.2)."""
    position_groups: int = Field(16, ge=1)
    """Groups of that convolution (wav2vec 2.0, section 4.2)."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Within blocks, at their input and on latents (XLSR)."""
    layer_drop: float = Field(0.05, ge=0, lt=1)
    """Probability to skip a block in training (wav2vec 2.0, section 4.2; Large: 0.2)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("heads", "position_groups"):
            if self.dimension % getattr(self, name):
                raise ValueError(f"dimension {self.dimension} must be a multiple of {name}")
        return self


class QuantiserParams(Section):
    """Latent vectors as pairs of codewords (wav2vec 2.0, section 2)."""

    groups: int = Field(2, ge=1)
    """Codebooks, G."""
    entries: int = Field(320, ge=2)
    """Codewords of each, V."""
    dimension: int = Field(256, ge=1)
    """Of the joined codewords (Large: 768)."""
    start_temperature: float = Field(2.0, gt=0)
    """Of the Gumbel softmax in the first update."""
    end_temperature: float = Field(0.5, gt=0)
    """Least temperature (Large: 0.1)."""
    temperature_decay: float = Field(0.999995, gt=0, le=1)
    """Factor an update."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.dimension % self.groups:
            raise ValueError(f"dimension {self.dimension} must be a multiple of {self.groups}")
        return self


class ObjectiveParams(Section):
    """What pretraining asks for (wav2vec 2.0, section 3)."""

    dimension: int = Field(256, ge=1)
    """In which context vectors and codewords are compared (Large: 768)."""
    mask_probability: float = Field(0.065, gt=0, lt=1)
    """Share of frames at which a masked span starts."""
    mask_length: int = Field(10, ge=1)
    """Frames of a span."""
    distractors: int = Field(100, ge=1)
    """Codewords of other masked frames of the utterance, K."""
    temperature: float = Field(0.1, gt=0)
    """Of the contrastive softmax."""
    diversity_weight: float = Field(0.1, ge=0)
    """Of the codebook penalty."""
    penalty_weight: float = Field(10.0, ge=0)
    """Of the mean square of the encoder's output (fairseq; Large: 0)."""


class XlsrModelParams(Section):
    """The model, in its parts."""

    encoder: EncoderParams = EncoderParams()
    """From audio to latent vectors."""
    context: ContextParams = ContextParams()
    """From latent to context vectors."""
    quantiser: QuantiserParams = QuantiserParams()
    """From latent vectors to targets."""
    objective: ObjectiveParams = ObjectiveParams()
    """From both to a loss."""


LARGE = XlsrModelParams(
    encoder=EncoderParams(norm="layer", bias=True, gradient_scale=1.0),
    context=ContextParams(
        dimension=1024, layers=24, heads=16, feed_forward=4096, pre_norm=True, layer_drop=0.2
    ),
    quantiser=QuantiserParams(dimension=768, end_temperature=0.1),
    objective=ObjectiveParams(dimension=768, penalty_weight=0.0),
)
"""The Large model of both papers, and so XLSR-53's."""


class PretrainParams(Section):
    """Optimisation and batches of pretraining."""

    updates: int = Field(250_000, ge=1)
    """Steps of the optimiser (not stated for XLSR Base; wav2vec 2.0: 400,000)."""
    batch_seconds: float = Field(5600.0, gt=0)
    """Audio of a batch, on average: 64 GPUs with 87.5 s each (fairseq)."""
    accumulate: int = Field(1, ge=1)
    """Batches an update, for sizes that the memory does not hold at once."""
    crop_seconds: float = Field(15.6, gt=0)
    """Longer utterances are cropped at random (wav2vec 2.0, section 4.2)."""
    min_seconds: float = Field(2.0, gt=0)
    """Shorter utterances are left out (fairseq)."""
    alpha: float = Field(0.5, ge=0, le=1)
    """Languages are drawn in proportion to their audio to this power: 1 as they are, 0 evenly
    (XLSR, whose Table 1 also has 1, "unbalanced")."""
    learning_rate: float = Field(5e-4, gt=0, le=1)
    """Peak of Adam's (wav2vec 2.0, section 4.2; XLSR's printed 1e-5 for Base is fifty times
    less)."""
    warm_up: float = Field(0.1, ge=0, lt=1)
    """Share of the updates in which it rises; then it falls to 0, both along lines (wav2vec 2.0,
    section 4.2: 8 %)."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Of Adam (fairseq)."""
    epsilon: float = Field(1e-6, gt=0)
    """Of Adam (fairseq)."""
    weight_decay: float = Field(0.01, ge=0)
    """Decoupled (fairseq)."""
    gradient_norm: float = Field(10.0, gt=0)
    """Clipping (the paper has none; keeps small batches from one bad step)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the encoder and context network; similarities, softmax and losses are float32. bfloat16
    pays on GPUs and on CPUs that compute in it."""
    log_every: int = Field(200, ge=1)
    """Updates a row of the history."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.min_seconds <= self.crop_seconds <= self.batch_seconds:
            raise ValueError(
                f"min_seconds {self.min_seconds}, crop_seconds {self.crop_seconds} and "
                f"batch_seconds {self.batch_seconds} must rise"
            )
        return self

"""Parameters of visually grounded speech models (Cruz Blandón et al. 2025).

The body of the paper could not be had, so most values are those of the models that it names: VGS+
(Khorrami et al. 2023) and FaST-VGS+ (Peng and Harwath 2022), from their published code.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from crosstalk.params.choices import among
from crosstalk.params.ctc_alignment import CtcAlignmentParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.monophones import MonophoneParams
from crosstalk.params.packed import PackParams
from crosstalk.params.section import Section
from crosstalk.params.xlsr import PretrainParams, XlsrModelParams

Pair = Annotated[str, Field(pattern="^[a-z]{2}-[a-z]{2}$")]
Positive = Annotated[int, Field(ge=1)]
Control = Literal["half", "disjoint", "shuffled", "text"]
Aligner = Literal["monophones", "ctc"]


class PictureParams(Section):
    """What is seen."""

    encoder: Literal["frozen", "convolutional"] = "frozen"
    """`frozen`: features of a published network, computed once (as FaST-VGS+, whose detector is
    fixed too); `convolutional`: pixels, for a small network that learns from these pictures
    alone."""
    network: str = Field("facebook/dinov2-base", min_length=1)
    """Of the `frozen` features: a vision model of the Hugging Face hub, or a folder that holds one.
    (FaST-VGS+: 36 regions of a Faster R-CNN, whose features are not distributed as a package.)"""


class GroundingParams(Section):
    """The matching of captions with pictures, and its weight."""

    alpha: float = Field(0.5, ge=0, le=1)
    """Of matching; the masked loss has the rest (VGS+, in its code)."""
    tap: int = Field(8, ge=1)
    """Blocks of the speech model below the matching branch (FaST-VGS+: 8 of 12); those above serve
    the masked loss alone."""
    dimension: int = Field(768, ge=2)
    """Of the space in which captions and pictures meet, and of the layer before it (FaST-VGS+)."""
    loss: Literal["margin", "temperature"] = "margin"
    """InfoNCE of dot products with a margin (FaST-VGS+), or of cosines over a learned
    temperature, which suits small batches."""
    margin: float = Field(1.0, ge=0)
    """Of `margin` (FaST-VGS+)."""
    temperature: float = Field(0.07, gt=0)
    """First value of `temperature` (CLIP's)."""
    masked_audio: bool = True
    """Whether the matching branch, too, hears captions with masked spans (FaST-VGS+: yes)."""
    batch_captions: int = Field(64, ge=2)
    """Captions an update, shared out evenly among languages (FaST-VGS+)."""
    caption_seconds: float = Field(8.0, gt=0)
    """Longer captions are cut (FaST-VGS+)."""
    channels: tuple[Positive, ...] = Field((32, 64, 128, 128), min_length=1)
    """Of the convolutions over pixels, each of which halves the picture (no paper's)."""
    shift_pixels: int = Field(6, ge=0)
    """Pixels move by up to so much, and pictures are mirrored, while the convolutions learn."""


class GroundedParams(Section):
    """A model and its two stages of training."""

    model: XlsrModelParams = XlsrModelParams()
    """The speech model, wav2vec 2.0 Base (FaST-VGS+)."""
    pretrain: PretrainParams = PretrainParams(
        updates=100_000, batch_seconds=640, crop_seconds=10, learning_rate=1e-4
    )
    """First stage: the masked loss alone, on all audio (Khorrami et al. 2023: before grounding is
    better than beside it; rate and crops of FaST-VGS+). Its ``alpha`` and ``accumulate`` have
    no effect: languages are heard evenly, batches are whole."""
    joint_updates: int = Field(100_000, ge=1)
    """Second stage: the masked loss on the same audio, and matching beside it."""
    grounding: GroundingParams = GroundingParams()
    """Matching."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        layers = self.model.context.layers
        if self.grounding.tap > layers:
            raise ValueError(
                f"grounding.tap={self.grounding.tap} exceeds model.context.layers={layers}"
            )
        return self


class AbxParams(Section):
    """Phone discrimination."""

    layer: int = Field(6, ge=1)
    """Block whose output is compared (FaST-VGS+: 6 of 12 is best on ZeroSpeech). Chosen once, on
    audio-only monolingual models; the figure by layer shows the others."""
    context: Literal["any", "triphone"] = "any"
    """`triphone`: the neighbours of a, b and x are the same (ZeroSpeech; needs much speech)."""
    tokens_per_cell: int = Field(10, ge=2)
    """Tokens of a phone and speaker, at most (ZeroSpeech)."""


class CruzBlandonParams(Section):
    """Cruz Blandón et al. 2025: pictures and the multilingual gap."""

    distant: Pair = "fr-ru"
    """Two unlike languages (not stated; French and Russian have the most recordings here)."""
    close: Pair | Literal["none"] = "es-fr"
    """Two related ones."""
    controls: Annotated[tuple[Control, ...], among(get_args(Control))] = get_args(Control)
    """`half`: monolingual models of half the audio, as much of a language as a bilingual one hears;
    and bilingual ones of whose pictures none is described in both languages (`disjoint`), all are
    exchanged within a language (`shuffled`), or are replaced by English captions (`text`)."""
    pack: PackParams = PackParams()
    """Audio as the model reads it."""
    pictures: PictureParams = PictureParams()
    """Pictures as the model sees them."""
    training: GroundedParams = GroundedParams()
    """Models, the same for all conditions."""
    aligner: Aligner = "monophones"
    """What finds phone boundaries. Both are compared where the truth is known; `ctc` trains the
    speech model without pictures on all recordings of a language first, which takes ten times as
    long."""
    alignment: MonophoneParams = MonophoneParams()
    """Phone boundaries by monophones, and how they are checked."""
    ctc_alignment: CtcAlignmentParams = CtcAlignmentParams()
    """Phone boundaries by CTC."""
    abx: AbxParams = AbxParams()
    """Phone discrimination."""
    evaluation: EvaluationParams = EvaluationParams()
    """Intervals."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        layers = self.training.model.context.layers
        if self.abx.layer > layers:
            raise ValueError(
                f"abx.layer={self.abx.layer} exceeds training.model.context.layers={layers}"
            )
        for pair in self.pairs:
            first, _, second = pair.partition("-")
            if first == second:
                raise ValueError(f"{pair} is one language twice: name two")
        if set(self.close.split("-")) == set(self.distant.split("-")):
            raise ValueError(f"close={self.close} and distant={self.distant} must differ")
        return self

    @property
    def pairs(self) -> tuple[str, ...]:
        """The language pairs, the distant one first."""
        return (self.distant, *(() if self.close == "none" else (self.close,)))

"""All parameters: one section a paper, and what the papers share."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from crosstalk.params.alignment import (
    SelfLearningParams,
    SupervisedParams,
    SupervisionParams,
    UnsupervisedParams,
    WassersteinParams,
)
from crosstalk.params.choices import distinct
from crosstalk.params.conneau import ConneauParams
from crosstalk.params.contextual import (
    AlignParams,
    EncoderParams,
    MaskedLMParams,
    RetrievalParams,
    RotationParams,
    TokeniserParams,
    TransferParams,
    TuningParams,
)
from crosstalk.params.contextual_data import FastAlignParams, SelectionParams
from crosstalk.params.corpora import CorporaParams
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.grounding import CruzBlandonParams
from crosstalk.params.present import PresentParams
from crosstalk.params.section import Section
from crosstalk.params.segmentation import SegmentationParams
from crosstalk.params.speech import FeatureParams, SpokenParams
from crosstalk.params.speech2vec import ClassifierParams, Speech2VecParams
from crosstalk.params.vector_links import VectorLinksParams

Scale = Literal["smoke", "mini", "midi", "paper"]
Rung = Literal[
    "rotated",
    "same_text",
    "disjoint_text",
    "other_text",
    "other_language",
    "transcript",
    "misheard",
    "taught_units",
    "units",
    "speech2vec_longer",
    "speech2vec",
    "untrained",
]
Control = Literal["random_links", "own_links", "ends_only", "live_target", "no_regulariser"]
Tuned = Literal["base", "aligned_small", "aligned_medium", "aligned", "translate_train"]
Pair = Annotated[str, Field(pattern="^(en|fr|de|swc)-(en|fr|de|swc|bible)$")]


class ChungParams(Section):
    """Chung et al. 2018: speech and text spaces, aligned."""

    pairs: Annotated[tuple[Pair, ...], Field(min_length=1), distinct] = (
        "en-en",
        "fr-fr",
        "de-de",
        "en-bible",
        "en-fr",
        "fr-en",
        "en-de",
        "de-en",
        "fr-de",
    )
    """Columns of the tables, as speech-text: languages whose messages are spoken and written, or
    the English text `bible`. The first must be of one language; the controls are run on it. At
    paper scale `en` and `fr` are LibriSpeech, `de` and `swc` the German and the English Spoken
    Wikipedia; `swc` is known to no other scale."""
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1), distinct] = get_args(Rung)
    """Rungs of the ladder of controls, in the language of the first pair: what stands on the
    speech's side of the map."""
    spoken: SpokenParams = SpokenParams()
    """The speech side's corpora."""
    features: FeatureParams = FeatureParams()
    """Acoustic features."""
    segmentation: SegmentationParams = SegmentationParams()
    """Where words begin and end, found without text (rows C to F)."""
    speech2vec: Speech2VecParams = Speech2VecParams()
    """The speech spaces."""
    classifier: ClassifierParams = ClassifierParams()
    """The supervised word classifier: an upper bound, and of all other languages the listener
    whose units the rung `taught_units` clusters."""
    misheard: float = Field(0.2, ge=0, le=1)
    """Share of the words of the rung `misheard` that change places with one another."""
    word2vec: Word2VecParams = Word2VecParams()
    """The text spaces."""
    supervised: SupervisedParams = SupervisedParams()
    """The map from known pairs (rows A*)."""
    unsupervised: UnsupervisedParams = UnsupervisedParams()
    """The map without pairs (rows A to F)."""
    self_learning: SelfLearningParams = SelfLearningParams()
    """Another way to find a map without pairs."""
    wasserstein: WassersteinParams = WassersteinParams()
    """And another."""
    supervision: SupervisionParams = SupervisionParams()
    """How many pairs a map needs."""
    evaluation: EvaluationParams = EvaluationParams()
    """Intervals."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.speech2vec.network.dimension != self.word2vec.dimension:
            raise ValueError(
                f"speech2vec.network.dimension={self.speech2vec.network.dimension} must equal "
                f"word2vec.dimension={self.word2vec.dimension}: the map is square"
            )
        speech, _, text = self.pairs[0].partition("-")
        if speech != text:
            raise ValueError(f"pairs must begin with one language, such as en-en: {self.pairs[0]}")
        return self


class CaoParams(Section):
    """Cao, Kitaev and Klein 2020: contextual vectors of words, aligned across languages."""

    selection: SelectionParams = SelectionParams()
    """What is trained on, and what is asked."""
    links: FastAlignParams = FastAlignParams()
    """Which words are translations of each other."""
    vector_links: VectorLinksParams = VectorLinksParams()
    """The same without an aligner: by the vectors of the base."""
    tokeniser: TokeniserParams = TokeniserParams()
    """Subwords."""
    encoder: EncoderParams = EncoderParams()
    """The base model."""
    pretraining: MaskedLMParams = MaskedLMParams()
    """How it is made, where none is downloaded."""
    alignment: AlignParams = AlignParams()
    """The method."""
    smaller: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=2)] = (
        10_000,
        50_000,
    )
    """Smaller numbers of pairs of each language, for the curve by amount of data, rising."""
    controls: Annotated[tuple[Control, ...], distinct] = get_args(Control)
    """Variants of the method: each English word linked to a random one; words linked by the base's
    own vectors; [CLS] and [SEP] alone linked; the English side not held in place by its old
    vectors; or by nothing."""
    rotations: RotationParams = RotationParams()
    """The baselines that turn the space instead of training the encoder."""
    retrieval: RetrievalParams = RetrievalParams()
    """Contextual word retrieval."""
    transfer: TransferParams = TransferParams()
    """Zero-shot transfer with a frozen encoder."""
    tuning: TuningParams = TuningParams()
    """Zero-shot transfer with all weights trained."""
    tuned: Annotated[tuple[Tuned, ...], distinct] = ("base", "aligned", "translate_train")
    """What is tuned; `translate_train` is the base, on each language's own labels."""
    evaluation: EvaluationParams = EvaluationParams()
    """Intervals."""

    @model_validator(mode="after")
    def _known_layer(self) -> Self:
        if self.vector_links.layer > self.encoder.layers:
            raise ValueError(
                f"vector_links.layer={self.vector_links.layer} is above the encoder's "
                f"{self.encoder.layers} layers"
            )
        return self

    @model_validator(mode="after")
    def _tuned_exist(self) -> Self:
        amounts = ("aligned_small", "aligned_medium")
        if missing := set(self.tuned) & set(amounts[len(self.smaller) :]):
            raise ValueError(
                f"tuned names {' '.join(sorted(missing))}, but smaller has {len(self.smaller)} "
                "numbers of pairs: name one for each"
            )
        return self

    @model_validator(mode="after")
    def _rising(self) -> Self:
        sizes = [*self.smaller, self.alignment.pairs]
        if sorted(set(sizes)) != sizes:
            raise ValueError(
                f"smaller={list(self.smaller)} must rise towards alignment.pairs="
                f"{self.alignment.pairs}"
            )
        return self


class Params(Section):
    """Everything that a run depends on, after the scale's overrides."""

    scale: Scale
    """Which set of overrides is in force."""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), distinct] = (0,)
    """Each training and alignment runs once a seed; tables pool them."""
    corpora: CorporaParams = CorporaParams()
    """Sources, their languages and splits."""
    chung2018: ChungParams = ChungParams()
    """Chung et al. 2018."""
    conneau2020: ConneauParams = ConneauParams()
    """Conneau et al. 2020 (XLSR)."""
    cao2020: CaoParams = CaoParams()
    """Cao et al. 2020."""
    cruzblandon2025: CruzBlandonParams = CruzBlandonParams()
    """Cruz Blandón et al. 2025."""
    present: PresentParams = PresentParams()
    """Drawing."""

    @model_validator(mode="after")
    def _tunes_as_the_paper(self) -> Self:
        """At paper scale the tables on transfer are of what was tuned as in the paper."""
        tuned, protocols = self.cao2020.tuned, self.cao2020.tuning.protocols
        if self.scale == "paper" and not ({"base", "aligned"} <= {*tuned} and "full" in protocols):
            raise ValueError(
                "at scale paper cao2020.tuned needs base and aligned, and cao2020.tuning.protocols "
                "full: the tables on transfer are made of them"
            )
        return self

    @model_validator(mode="after")
    def _has_its_corpora(self) -> Self:
        if self.scale != "paper" and any("swc" in pair for pair in self.chung2018.pairs):
            raise ValueError("chung2018.pairs names swc, which only the scale paper has")
        if self.scale != "paper":  # there, what is spelt has a corpus and models of its own
            self.conneau2020.require_heard("compared.spelt", prefix="conneau2020.")
        return self

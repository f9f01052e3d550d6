"""All parameters: one section a paper, and what the papers share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.alignment import SupervisedParams, UnsupervisedParams
from crosstalk.params.corpora import CorporaParams
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.present import PresentParams
from crosstalk.params.section import Section
from crosstalk.params.speech import FeatureParams, SpokenParams
from crosstalk.params.speech2vec import Speech2VecParams

Scale = Literal["smoke", "mini", "midi", "paper"]


class ChungParams(Section):
    """Chung et al. 2018: speech and text spaces, aligned."""

    spoken: SpokenParams = SpokenParams()
    """The speech side's corpus."""
    features: FeatureParams = FeatureParams()
    """Acoustic features."""
    speech2vec: Speech2VecParams = Speech2VecParams()
    """The speech space."""
    word2vec: Word2VecParams = Word2VecParams()
    """The text space."""
    supervised: SupervisedParams = SupervisedParams()
    """The map from known pairs (rows A*)."""
    unsupervised: UnsupervisedParams = UnsupervisedParams()
    """The map without pairs (rows A)."""
    evaluation: EvaluationParams = EvaluationParams()
    """Intervals."""

    @model_validator(mode="after")
    def _one_dimension(self) -> Self:
        if self.speech2vec.network.dimension != self.word2vec.dimension:
            raise ValueError(
                f"speech2vec.network.dimension={self.speech2vec.network.dimension} must equal "
                f"word2vec.dimension={self.word2vec.dimension}: the map is square"
            )
        return self


class Params(Section):
    """Everything that a run depends on, after the scale's overrides."""

    scale: Scale
    """Which set of overrides is in force."""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    """Each training and alignment runs once a seed; tables pool them."""
    corpora: CorporaParams = CorporaParams()
    """Sources, their languages and splits."""
    chung2018: ChungParams = ChungParams()
    """Chung et al. 2018."""
    present: PresentParams = PresentParams()
    """Drawing."""

    @model_validator(mode="after")
    def _distinct_seeds(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds={list(self.seeds)} repeats one")
        return self

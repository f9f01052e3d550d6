"""Parameters of the map from the speech space to the text space."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section

Step = Literal["unit", "centre"]
Solver = Literal["orthogonal", "least_squares"]


class SpacesParams(Section):
    """What is done to both spaces before they are compared."""

    normalise: tuple[Step, ...] = ("unit", "centre", "unit")
    """Steps in order; empty leaves vectors as trained (MUSE's default)."""

    @model_validator(mode="after")
    def _one_centre(self) -> Self:
        if self.normalise.count("centre") > 1:
            raise ValueError("'centre' may stand once only")
        return self


class RefinementParams(Section):
    """Procrustes on mutual CSLS neighbours, repeated (MUSE's default refinement)."""

    iterations: int = Field(5, ge=0)
    """Rounds (MUSE's default); 0 turns refinement off."""
    neighbours: int = Field(10, ge=1)
    """CSLS neighbourhood (MUSE's default)."""
    max_rank: int = Field(15_000, ge=1)
    """Only pairs of words at least this frequent enter the dictionary (MUSE's default)."""
    solver: Solver = "orthogonal"
    """MUSE solves for a rotation; Eq. 1 of the paper is unconstrained least squares."""


class SupervisedParams(SpacesParams):
    """The map fitted to known word pairs (row A* of the tables)."""

    dictionary_words: int = Field(5000, ge=1)
    """Words of the dictionary, the most frequent that both spaces hold (MUSE: 5,000)."""
    held_out_percent: int = Field(20, ge=1, le=90)
    """Words kept from the dictionary whatever their frequency, to be asked for (MUSE: words of rank
    5,000 to 6,500; the paper does not say)."""
    solver: Solver = "orthogonal"
    """Eq. 1 of the paper is unconstrained least squares; MUSE solves for a rotation."""
    refinement: RefinementParams = RefinementParams(iterations=0)
    """Off: the paper fits Eq. 1 once. MUSE's supervised script adds five rounds."""


class AdversarialParams(Section):
    """The two-player game that finds a first map without word pairs.

    Defaults are MUSE's (section 2.4 of its paper and its code); the paper departs from them in
    ``dimension`` 512, ``activation`` relu and both learning rates 1e-3, fixed (``decay`` 1,
    ``shrink`` 1).
    """

    restarts: int = Field(10, ge=1)
    """Independent trainings side by side; the criterion picks one."""
    start: Literal["identity", "near_identity", "orthogonal"] = "identity"
    """First map: the identity (MUSE), the identity with noise, or a random rotation."""
    start_noise: float = Field(0.05, ge=0)
    """Standard deviation of the noise of ``near_identity``."""
    layers: int = Field(2, ge=1, le=4)
    """Hidden layers of the discriminator."""
    dimension: int = Field(2048, ge=1)
    """Units of each hidden layer."""
    activation: Literal["relu", "leaky_relu"] = "leaky_relu"
    """Nonlinearity (the leaky one has slope 0.2)."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the discriminator's input that is hidden while it trains."""
    smoothing: float = Field(0.1, ge=0, lt=0.5)
    """Labels are this far from 0 and 1."""
    scale: float = Field(1.0, gt=0)
    """Factor on the vectors as both players see them; unit vectors are small for a network."""
    map_learning_rate: float = Field(0.1, gt=0)
    """SGD step of the map."""
    discriminator_learning_rate: float = Field(0.1, gt=0)
    """SGD step of the discriminator."""
    decay: float = Field(0.98, gt=0, le=1)
    """Factor on the map's learning rate after each epoch."""
    shrink: float = Field(0.5, gt=0, le=1)
    """Factor on it when the criterion is below its best for the second and each later time."""
    orthogonality: float = Field(0.001, ge=0, lt=0.5)
    """beta of W <- (1 + beta) W - beta W W^T W after each step of the map; 0 turns it off."""
    discriminator_steps: int = Field(5, ge=1)
    """Discriminator updates for each update of the map."""
    batch: int = Field(32, ge=1)
    """Words of each language in a batch."""
    frequent_words: int = Field(75_000, ge=0)
    """Words of each side that are sampled, at most; 0 samples all."""
    epochs: int = Field(5, ge=1)
    """The criterion is measured after each."""
    map_steps: int = Field(31_250, ge=1)
    """Updates of the map in an epoch (1,000,000 samples in batches of 32)."""


class CriterionParams(Section):
    """How alignments are compared without word pairs (MUSE's unsupervised criterion)."""

    words: int = Field(10_000, ge=1)
    """Most frequent source words whose nearest targets are averaged."""
    neighbours: int = Field(10, ge=1)
    """CSLS neighbourhood."""


class UnsupervisedParams(SpacesParams):
    """Adversarial training, refinement, and choice by the criterion (row A of the tables)."""

    adversarial: AdversarialParams = AdversarialParams()
    refinement: RefinementParams = RefinementParams()
    criterion: CriterionParams = CriterionParams()


class SelfLearningParams(SpacesParams):
    """Self-learning from the spaces' own similarities, refinement, and choice by the criterion.

    Defaults are those of Artetxe, Labaka and Agirre 2018 (section 3 of the paper) and their code.
    """

    restarts: int = Field(10, ge=1)
    """Independent courses from one initial dictionary; the criterion picks one (published: 1)."""
    initial_words: int = Field(4000, ge=1)
    """Most frequent words of each side that the initial dictionary is sought among."""
    frequent_words: int = Field(20_000, ge=1)
    """Most frequent words of each side that self-learning pairs, at most."""
    neighbours: int = Field(10, ge=1)
    """CSLS neighbourhood."""
    keep: float = Field(0.1, gt=0, le=1)
    """Probability that a candidate takes part in a round, at first."""
    keep_factor: float = Field(2.0, gt=1)
    """Factor on it when the objective no longer grows; at 1 that ends the course."""
    patience: int = Field(50, ge=1)
    """Rounds in a row without growth that count as no longer growing."""
    threshold: float = Field(1e-6, ge=0)
    """Least growth of the objective, a mean cosine."""
    refinement: RefinementParams = RefinementParams()
    """What every aligner here is followed by (published: another last step, see the module)."""
    criterion: CriterionParams = CriterionParams()

    @model_validator(mode="after")
    def _first_words_are_paired(self) -> Self:
        if self.initial_words > self.frequent_words:
            raise ValueError(
                f"initial_words={self.initial_words} must not be more than "
                f"frequent_words={self.frequent_words}: lower the one or raise the other"
            )
        return self


class WassersteinParams(SpacesParams):
    """Wasserstein-Procrustes, refinement, and choice by the criterion.

    Defaults are those of the code of Grave, Joulin and Berthet 2018 (fastText's
    ``unsup_align.py``).
    """

    restarts: int = Field(10, ge=1)
    """Independent draws of batches from one first map; the criterion picks one (published: 1)."""
    initial_words: int = Field(2500, ge=2)
    """Most frequent words of each side in the convex problem."""
    initial_steps: int = Field(100, ge=1)
    """Frank-Wolfe steps on it."""
    frequent_words: int = Field(20_000, ge=2)
    """Most frequent words of each side that batches are drawn from, at most."""
    batch: int = Field(500, ge=2)
    """Words of each side in a batch of the first epoch; twice as many in each later one."""
    steps: int = Field(5000, ge=1)
    """Batches of the first epoch; a quarter as many in each later one."""
    epochs: int = Field(5, ge=1)
    """The criterion is measured after each."""
    learning_rate: float = Field(500.0, gt=0)
    """Step of the map along the batch's mean outer product of paired unit vectors."""
    regularisation: float = Field(0.05, ge=0.025)
    """Entropic weight of the transport plan, in units of cosine; float32 ends below the bound."""
    refinement: RefinementParams = RefinementParams()
    """What every aligner here is followed by (published: none)."""
    criterion: CriterionParams = CriterionParams()


class SupervisionParams(SpacesParams):
    """How many known pairs a map needs."""

    pairs: Annotated[tuple[Annotated[int, Field(ge=1)], ...], distinct] = (
        25,
        50,
        100,
        250,
        500,
        1000,
        2500,
        5000,
    )
    """Numbers of pairs to fit; those beyond what the spaces share are left out."""
    held_out: int = Field(200, ge=1)
    """Shared words that are never fitted and always asked."""
    solver: Solver = "orthogonal"
    """MUSE solves for a rotation; Eq. 1 of the paper is unconstrained least squares."""
    refinement: RefinementParams = RefinementParams()
    """Self-learning from each fitted map."""
    neighbours: int = Field(10, ge=1)
    """CSLS neighbourhood of the answers (MUSE's default)."""

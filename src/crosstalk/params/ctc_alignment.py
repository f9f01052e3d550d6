"""Parameters of the alignment of phones by a network."""

from pydantic import Field

from crosstalk.params.section import Section


class CtcAlignmentParams(Section):
    """Phone boundaries from CTC with label priors (Huang et al. 2024, arXiv 2406.02560).

    A network that is trained by CTC alone says a phone in a frame or two and is silent between, so
    it does not tell where phones begin. Dividing its probabilities by how often it says each symbol
    undoes that.
    """

    updates: int = Field(10_000, ge=1)
    """Steps of Adam, for each language (not stated)."""
    batch_seconds: float = Field(200.0, gt=0)
    """Audio an update (not stated)."""
    learning_rate: float = Field(5e-4, gt=0, le=1)
    """Highest rate; it rises over the first tenth and then falls linearly (not stated)."""
    prior_scale: float = Field(0.3, ge=0, le=1)
    """Exponent of the priors in training; 0 is plain CTC (chosen on English that eSpeak NG reads, a
    language that no pair has)."""

"""Parameters of the alignment of phones with human speech."""

from pydantic import Field

from crosstalk.params.section import Section
from crosstalk.params.speech import FeatureParams


class MonophoneParams(Section):
    """Phone boundaries for evaluation, from a monophone model with a flat start."""

    features: FeatureParams = FeatureParams()
    """MFCC; differences over time are added."""
    states: int = Field(3, ge=1, le=5)
    """Gaussians a phone passes through, each at least a frame long (3 is customary)."""
    rounds: int = Field(15, ge=1)
    """Rounds of fitting and aligning."""
    floor_db: float = Field(35.0, gt=0)
    """The flat start takes frames this much quieter than the loudest for pauses."""
    prior_frames: float = Field(5.0, ge=0)
    """Frames of average speech that every state is mixed with, so that rare phones have a width."""
    variance_floor: float = Field(0.01, gt=0)
    """Least variance, as a share of the mean variance of all frames."""
    check_words: int = Field(1500, ge=1)
    """Words a language that eSpeak NG, which knows where its phones are, reads to be aligned."""

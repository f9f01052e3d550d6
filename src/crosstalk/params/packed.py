"""Parameters of packed speech: recordings as networks read them."""

from typing import Literal

from pydantic import Field

from crosstalk.params.section import Section


class PackParams(Section):
    """What a corpus of recordings becomes before it is read thousands of times."""

    features: Literal["log_mel", "samples"] = "samples"
    """Log-mel energies of Kaldi, or the samples themselves (the papers' input)."""
    mel_bins: int = Field(80, ge=8, le=128)
    """Filters of the log-mel energies."""
    window_ms: float = Field(25.0, gt=0)
    """Window of the log-mel energies."""
    shift_ms: float = Field(10.0, gt=0)
    """Time between log-mel frames."""

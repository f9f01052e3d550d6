"""Parameters of evaluation: how intervals are computed."""

from pydantic import Field

from crosstalk.params.section import Section


class EvaluationParams(Section):
    """Bootstrap intervals (the papers report none)."""

    level: float = Field(0.95, gt=0, lt=1)
    """Coverage of the intervals."""
    resamples: int = Field(2000, ge=100)
    """Bootstrap resamples: percentile ends are then good to about 0.1 standard errors."""
    bootstrap_seed: int = Field(0, ge=0)
    """Fixed, so that the same answers give the same interval."""

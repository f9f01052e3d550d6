"""Parameters of the splits that all corpora share."""

from typing import Self

from pydantic import Field, model_validator

from crosstalk.params.section import Section

FOLDS = 100


class SplitParams(Section):
    """Shares of the messages kept for tuning and testing, in folds of one percent."""

    dev_percent: int = Field(5, ge=1, le=40)
    """Messages to tune on."""
    test_percent: int = Field(10, ge=1, le=40)
    """Messages to test with, touched by evaluation alone; a tenth of 17,000 messages keeps a 95 %
    interval of a percentage below 2.5 points either way."""

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.dev_percent + self.test_percent > FOLDS - 10:
            raise ValueError("dev_percent and test_percent leave less than 10 % to train on")
        return self

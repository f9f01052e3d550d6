"""What tables call the models and what is measured of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # tables are made without torch, which the captions of a batch need
    from crosstalk.grounding.captions import Variant

AUDIO, GROUNDED = "SSL_A", "VGS+"
VARIANTS: dict[Variant, str] = {
    "alone": AUDIO,
    "pictures": GROUNDED,
    "shuffled": f"{GROUNDED} shuffled",
    "text": f"{GROUNDED} text",
}
"""The paper's names of the two kinds of model, and those of our controls."""
ERRORS = ("pair", "row", "column", "language", "seed", "cluster", "error")
"""Columns of the errors: language pair, model, what was measured, language, what is resampled."""

ACROSS = "across"
"""The column of errors of phones across speakers."""


def row_name(kind: str, variant: Variant) -> str:
    """Name a model as tables do: ``mono VGS+``."""
    return f"{kind} {VARIANTS[variant]}"

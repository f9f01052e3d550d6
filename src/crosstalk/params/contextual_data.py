"""Parameters of what contextual alignment is trained and tested on."""

from typing import Annotated, Literal

from pydantic import Field

from crosstalk.params.catalogues import TRANSLATED
from crosstalk.params.choices import among, distinct
from crosstalk.params.section import Section


class SelectionParams(Section):
    """Which messages are pretrained on, aligned, asked about and classified."""

    languages: Annotated[tuple[str, ...], among(TRANSLATED), Field(min_length=1)] = TRANSLATED
    """Languages beside English (section 4: these five)."""
    max_words: int = Field(64, ge=1)
    """Longer messages are left out, in the language in which they are (the authors' script)."""
    near_duplicate: float = Field(0.7, gt=0, le=1)
    """Training messages that share this much of their words (Jaccard) with a development or test
    message, in any language, are left out (not stated; Europarl repeats less than programs do)."""
    pretraining: Literal["disjoint", "all"] = "disjoint"
    """Whether a training message is pretrained on in one language alone, so that no translation
    of it is seen, or in all of them (multilingual BERT: Wikipedias, which overlap)."""
    test_pairs: int = Field(1024, ge=1)
    """Messages of the retrieval test, at most; they have all languages (section 4)."""
    dev_pairs: int = Field(1024, ge=1)
    """Messages to tune on, at most (section 4)."""
    classes: Annotated[tuple[str, ...], Field(min_length=2), distinct] = (
        "evolution",
        "gimp",
        "gnucash",
        "inkscape",
        "libreoffice-sc",
        "libreoffice-sw",
    )
    """Programs to tell apart (in place of natural language inference)."""
    train_messages: int = Field(1600, ge=1)
    """English training messages of each class, at most."""


class FastAlignParams(Section):
    """Word links by the model of fast_align (Dyer, Chahuneau and Smith 2013)."""

    iterations: int = Field(5, ge=1)
    """Passes of expectation maximisation (fast_align's default)."""
    tension: float = Field(4.0, gt=0)
    """How strongly the diagonal is favoured at first; then it is learnt (fast_align's default)."""
    unlinked: float = Field(0.08, gt=0, lt=1)
    """Probability that a word has no link (fast_align's default)."""
    alpha: float = Field(0.01, gt=0)
    """Of the Dirichlet prior of the translation table (fast_align's default)."""

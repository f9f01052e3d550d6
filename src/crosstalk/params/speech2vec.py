"""Parameters of Speech2Vec (Chung and Glass 2018, the speech side of Chung et al. 2018)."""

from typing import Literal

from pydantic import Field

from crosstalk.params.section import Section


class Speech2VecParams(Section):
    """Model, objective and training of Speech2Vec, skip-gram variant."""

    window: int = Field(3, ge=1, le=10)
    """Neighbours on each side (k = 3: Chung et al. 2018, section 3; best of 1 to 5)."""
    dimension: int = Field(50, ge=2, multiple_of=2)
    """Embedding size (d = 50, ibid.), half of it for each direction of the encoder (not stated)."""
    decoder_dimension: int = Field(50, ge=2)
    """Hidden units of the decoder (not stated; chosen equal to the embedding)."""
    optimiser: Literal["sgd", "adam"] = "sgd"
    """SGD without momentum in Speech2Vec; Adam makes a small budget of updates count."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Fixed (Speech2Vec, section 3)."""
    epochs: int = Field(500, ge=0)
    """Passes over the tokens (Speech2Vec); 0 leaves the encoder as it was drawn."""
    batch_tokens: int = Field(256, ge=1)
    """Centre words a step (not stated)."""
    gradient_norm: float = Field(5.0, gt=0)
    """Clipping (not stated; keeps recurrent gradients finite)."""
    min_count: int = Field(5, ge=1)
    """Words spoken less often have no type embedding (not stated; Word2Vec's default)."""
    max_frames: int = Field(100, ge=1)
    """Longer segments are cut to this many frames of 10 ms, as centre and as neighbour."""

"""Parameters of Speech2Vec (Chung and Glass 2018, the speech side of Chung et al. 2018)."""

from typing import Literal

from pydantic import Field

from crosstalk.params.section import Section

Variant = Literal["skip_gram", "cbow"]


class NetworkParams(Section):
    """The encoder and decoder."""

    dimension: int = Field(50, ge=2, multiple_of=2)
    """Embedding size (d = 50: section 3; best of 50, 100, 200, 300), half of it for each direction
    of the encoder (not stated)."""
    decoder_dimension: int = Field(50, ge=2)
    """Hidden units of the decoder (not stated; chosen equal to the embedding)."""
    max_frames: int = Field(100, ge=1)
    """Longer segments are cut to this many frames, as centre and as neighbour (not stated; of our
    spoken words 5 % last longer than 58 frames of 10 ms, the longest 124)."""


class TrainingParams(Section):
    """The objective and its optimisation."""

    variant: Variant = "skip_gram"
    """A word predicts its neighbours, or they predict it (Chung et al. 2018 use skip-gram, the
    better one in Speech2Vec)."""
    window: int = Field(3, ge=1, le=10)
    """Neighbours on each side (k = 3: section 3; best of 1 to 5)."""
    optimiser: Literal["sgd", "adam"] = "sgd"
    """SGD without momentum in Speech2Vec; Adam makes a small budget of updates count."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Fixed (Speech2Vec, section 3)."""
    epochs: int = Field(500, ge=1)
    """Passes over the tokens (Speech2Vec)."""
    batch_tokens: int = Field(256, ge=1)
    """Centre words a step (not stated)."""
    gradient_norm: float = Field(5.0, gt=0)
    """Clipping (not stated; keeps recurrent gradients finite)."""


class TypesParams(Section):
    """How token embeddings become word embeddings."""

    min_count: int = Field(5, ge=1)
    """Words spoken less often, and clusters with fewer segments, have no embedding (not stated;
    Word2Vec's default)."""
    clusters: int = Field(2000, ge=2)
    """k of k-means, where segments are grouped without words: rows B to F (not stated)."""


class ClassifierParams(Section):
    """The supervised word classifier (Chung et al. 2018, section 4.1; training not stated)."""

    dimension: int = Field(256, ge=2, multiple_of=2)
    """Units of the encoder, half of them for each direction."""
    learning_rate: float = Field(2e-3, gt=0, le=1)
    """Of Adam."""
    epochs: int = Field(10, ge=1)
    """Passes over the tokens."""
    batch_tokens: int = Field(128, ge=1)
    """Tokens a step."""
    gradient_norm: float = Field(5.0, gt=0)
    """Clipping."""


class Speech2VecParams(Section):
    """Speech2Vec, in the parts that different jobs depend on."""

    network: NetworkParams = NetworkParams()
    """What is trained."""
    training: TrainingParams = TrainingParams()
    """How."""
    types: TypesParams = TypesParams()
    """What becomes of it."""
    longer: int = Field(5, ge=2)
    """Times as many epochs on the rung `speech2vec_longer`: is what it lacks time?"""

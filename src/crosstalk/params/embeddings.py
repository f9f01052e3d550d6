"""Parameters of text embeddings (Word2Vec)."""

from pydantic import Field

from crosstalk.params.section import Section


class Word2VecParams(Section):
    """Skip-gram with negative sampling: fastText without subwords (Chung et al. 2018, section 3).

    The paper gives the size and the window; the rest are fastText's defaults except the number of
    epochs, which grows as the corpus shrinks.
    """

    dimension: int = Field(50, ge=2, le=1000)
    """Embedding size (d = 50: section 3; best of 50, 100, 200, 300)."""
    window: int = Field(3, ge=1, le=20)
    """Most distant neighbour (k = 3: section 3; best of 1 to 5)."""
    min_count: int = Field(5, ge=1)
    """Rarer words get no vector (fastText's default)."""
    negatives: int = Field(5, ge=1)
    """Noise words per neighbour (fastText's default)."""
    subsampling: float = Field(1e-4, ge=0, le=1)
    """Threshold above which frequent words are thinned; 0 keeps all (fastText's default)."""
    learning_rate: float = Field(0.05, gt=0, le=1)
    """Falls linearly to almost 0 (fastText's default)."""
    epochs: int = Field(5, ge=1)
    """Passes over the text (fastText's default; 30 suit a text of 300,000 words)."""

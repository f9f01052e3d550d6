"""Parameters of word links that an encoder finds by itself."""

from pydantic import Field

from crosstalk.params.section import Section


class VectorLinksParams(Section):
    """Word links by similar vectors (SimAlign's Argmax: Jalili Sabet et al. 2020, section 2.2)."""

    layer: int = Field(8, ge=0)
    """Hidden states that are compared (SimAlign: for multilingual BERT); 0 is the embeddings."""

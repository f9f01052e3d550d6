"""Parameters of presentation: they touch tables and figures and nothing before them."""

from pydantic import Field

from crosstalk.params.section import Section


class PresentParams(Section):
    """How results are drawn."""

    dpi: int = Field(150, ge=50, le=600)
    """Resolution of PNG figures, in dots per inch; PDF figures are vector graphics."""

"""Parameters of the King James Bible."""

from typing import Annotated

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section


class BibleParams(Section):
    """King James Bible: one message a verse."""

    books: Annotated[tuple[str, ...], distinct] = ()
    """Books to keep, as the archive abbreviates them (`Ge`, `Mark`); none named means all."""

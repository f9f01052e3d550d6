"""Parameters of the King James Bible."""

from pydantic import Field

from crosstalk.params.section import Section


class BibleParams(Section):
    """King James Bible: one message a verse."""

    books: tuple[str, ...] = Field(())
    """Books to keep, as the archive abbreviates them (`Ge`, `Mark`); none named means all."""

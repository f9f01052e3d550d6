"""Parameters that choose several values from a closed list."""

import difflib
from collections.abc import Iterable

from pydantic import AfterValidator


def among(valid: Iterable[str]) -> AfterValidator:
    """Accept distinct values of a closed list, and say what is near to any other."""
    known = sorted(valid)

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in known:
                near = difflib.get_close_matches(value, known, n=1, cutoff=0.4)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ValueError(f"{value!r} is unknown; {hint}valid: {' '.join(known)}")
        if len(set(values)) != len(values):
            raise ValueError(f"{' '.join(values)} names one twice")
        return values

    return AfterValidator(check)

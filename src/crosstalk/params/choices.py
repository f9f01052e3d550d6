"""Parameters that are sets, written as lists in the order in which they are shown."""

import difflib
from collections import Counter
from collections.abc import Iterable

from pydantic import AfterValidator


def _check_distinct[T](values: tuple[T, ...]) -> tuple[T, ...]:
    for value, count in Counter(values).items():
        if count > 1:
            raise ValueError(f"{value!r} stands there {count} times: name it once")
    return values


distinct = AfterValidator(_check_distinct)
"""Accept values that all differ."""


def among(valid: Iterable[str]) -> AfterValidator:
    """Accept distinct values of a closed list, and say what is near to any other."""
    known = sorted(valid)

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in known:
                near = difflib.get_close_matches(value, known, n=1, cutoff=0.4)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ValueError(f"{value!r} is unknown; {hint}valid: {' '.join(known)}")
        return _check_distinct(values)

    return AfterValidator(check)

"""Memory that runs out, in one line: which parameters ask for less."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from crosstalk.errors import CrosstalkError
from crosstalk.params.loader import leaves
from crosstalk.params.section import Section


def shortage(error: Exception, sections: Iterable[Section]) -> CrosstalkError | None:
    """Return what to tell of a failed allocation, and None of any other error.

    ``sections`` are the parameters of the stage that failed.
    """
    torch = sys.modules.get("torch")  # importing it here would cost seconds
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        what, otherwise = "GPU memory", "set CROSSTALK_DEVICE=cpu"
    elif isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error):  # torch's name
        what, otherwise = "memory", "run fewer jobs at once"
    else:
        return None
    values = dict(leaf for section in sections for leaf in leaves(section))
    batches = [f"{p}={v}" for p, v in values.items() if p.rpartition(".")[2].startswith("batch")]
    steps = [f"lower {', '.join(batches)}"] if batches else []
    if "accumulate" in values:  # deeper in a group it has no effect
        steps = [f"{steps[0]} and raise accumulate={values['accumulate']} in proportion"]
    return CrosstalkError(f"out of {what}: {', or '.join([*steps, otherwise])}")

"""How far apart the codes that languages use are (XLSR, section 5.4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon

from crosstalk.errors import DataError

USAGE_COLUMNS = ("language", "group", "code", "count")
"""How many frames of a language have which code of which group."""


def js_distances(usage: pd.DataFrame) -> pd.DataFrame:
    """Jensen-Shannon distances between languages: a symmetric table, 0 to 1, zeros within.

    The square root of the divergence, in bits, of how codes are used in each group, averaged over
    groups; a metric, so that languages can be clustered and mapped by it.

    Raises
    ------
    DataError
        A language has no frame.

    """
    table = usage.pivot_table(index="language", columns=["group", "code"], values="count")
    silent = table.index[table.sum(axis=1) == 0]
    if len(silent):
        raise DataError(f"no frames of {' '.join(silent)}: leave the language out")
    groups = [table.xs(group, axis=1, level="group") for group in table.columns.levels[0]]
    distances = np.mean(
        [
            [[jensenshannon(one, other, base=2) for other in rows] for one in rows]
            for rows in (group.to_numpy(dtype=float) for group in groups)
        ],
        axis=0,
    )
    # Rounding can make the divergence of equal distributions negative, and its root no number.
    return pd.DataFrame(np.nan_to_num(distances), table.index, table.index.rename("other"))

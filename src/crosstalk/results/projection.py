"""Words of two spaces on one plane, before and after mapping."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.stage import Input, Output

SHOWN_WORDS = 300


def project_spaces(*, source: Input, target: Input, mapping: Input, projection: Output) -> None:
    """Project shared words of two spaces onto the plane that shows the target's variance best.

    ``projection`` has a row for each word, side (speech, text) and stage (before, after mapping).
    """
    here, there = Space.load(source), Space.load(target)
    fitted = Mapping.load(mapping)
    words = [word for word in here.words if word in there.index][:SHOWN_WORDS]
    raw = here.vectors[[here.index[word] for word in words]]
    text = fitted.apply_target(there.vectors[[there.index[word] for word in words]])
    _, _, axes = np.linalg.svd(text - text.mean(0), full_matrices=False)
    parts = []
    for stage, vectors in (("before", fitted.source.apply(raw)), ("after", fitted.apply(raw))):
        for side, points in (("speech", vectors), ("text", text)):
            x, y = ((points - text.mean(0)) @ axes[:2].T).T
            parts.append(
                pd.DataFrame({"word": words, "side": side, "stage": stage, "x": x, "y": y})
            )
    pd.concat(parts).to_csv(projection, index=False, float_format="%.4f")

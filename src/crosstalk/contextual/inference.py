"""Natural language inference as the task to transfer, where the paper's own corpora are read.

Cao et al. 2020, section 4: MultiNLI teaches in English, its translations by machine in the other
languages (translate-train), and XNLI asks.
"""

from __future__ import annotations

import pandas as pd

from crosstalk.contextual.messages import ENGLISH
from crosstalk.contextual.tables import SENTENCE_PAIRS
from crosstalk.corpora.paper.inference import COLUMNS
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import SelectionParams
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import split_words

SIDES = ("premise", "hypothesis")
UNREADABLE = "\ufffd"
"""The sign for an unreadable one, of which BERT's subwords leave nothing."""


def select_inference(
    *,
    cfg: SelectionParams,
    multinli: Input,
    translated: Input,
    xnli: Input,
    task: Output,
) -> None:
    """Put together what teaches and what asks, in English and the languages of ``cfg`` (stage).

    ``multinli``, ``translated`` (XNLI-MT) and ``xnli`` are as
    `crosstalk.corpora.paper.inference.prepare_inference` writes them; ``task`` has the columns
    `crosstalk.contextual.tables.SENTENCE_PAIRS`. A pair with a side without words is left out.

    Raises
    ------
    DataError
        A language has no pair of some split.

    """
    english = read_columns(multinli, COLUMNS).query("split == 'train'")
    others = read_columns(translated, COLUMNS).query("split == 'train'")
    asked = read_columns(xnli, COLUMNS).query("split != 'train'")
    languages = [ENGLISH, *cfg.languages]
    found = pd.concat(
        [
            english[english["language"] == ENGLISH],
            others[others["language"].isin(cfg.languages)],
            asked[asked["language"].isin(languages)],
        ],
        ignore_index=True,
    )
    for side in SIDES:
        texts = zip(found[side].str.replace(UNREADABLE, " "), found["language"], strict=True)
        found[side] = [split_words(text, language) for text, language in texts]
    found = found[found["premise"].astype(bool) & found["hypothesis"].astype(bool)]
    for language in languages:
        of_language = set(found.loc[found["language"] == language, "split"])
        if missing := {"train", "dev", "test"} - of_language:
            raise DataError(
                f"no pair in {language!r} is left for: {' '.join(sorted(missing))} (of MultiNLI, "
                "XNLI-MT and XNLI)"
            )
    found[list(SENTENCE_PAIRS)].to_parquet(task, index=False, compression="zstd")

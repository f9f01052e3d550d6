"""Nearest words of spoken words (Table 4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.embeddings.spaces import Space
from crosstalk.results.page import write_page
from crosstalk.results.tables import to_latex
from crosstalk.stage import Input, Output

INPUTS = 4
"""Words that Table 4 shows."""
LETTERS = 5
COMMON = 0.5
"""Function words, whose neighbours say little, are mostly shorter, or among the words that make
this share of a text."""


def list_neighbours(
    *,
    rows: list[str],
    words: Input,
    target: Input,
    reference: Input,
    csv: Output,
    markdown: Output,
    latex: Output,
    html: Output,
) -> None:
    """List the nearest words of spoken words that Table 3 counts as wrong (Table 4).

    For each row: its `INPUTS` most frequent test words of `LETTERS` letters or more, without the
    `common_words` of the text space ``target``, whose first token is not answered rightly. Below
    them stand the paper's, from ``reference``.
    """
    places = [f"answer_{k}" for k in range(1, 6)]
    answered = read_columns(words, ("row", "word", *places), others=True)
    common = common_words(Space.load(target), COMMON)
    counts = answered[answered["row"] == answered["row"].iloc[0]]["word"].value_counts()
    order = sorted(counts.index, key=lambda word: (-counts[word], word))
    asked = [word for word in order if len(word) >= LETTERS and word not in common]
    shown = []
    for row in rows:
        tokens = answered[answered["row"] == row].drop_duplicates("word").set_index("word")
        wrong = [word for word in asked if tokens.loc[word, "answer_1"] not in ("", word)]
        for word in wrong[:INPUTS]:
            ranks = {f"rank {k}": tokens.loc[word, name] for k, name in enumerate(places, 1)}
            shown.append({"row": row, "spoken": word} | ranks)
    ours = pd.DataFrame(shown, columns=["row", "spoken", *(f"rank {k}" for k in range(1, 6))])
    frame = pd.concat([ours, pd.read_csv(reference, keep_default_na=False)])
    frame.to_csv(csv, index=False)
    markdown.write_text(frame.to_markdown(index=False) + "\n")
    latex.write_text(to_latex(frame))
    note = (
        f"The most frequent test words of {LETTERS} letters or more, without those that together "
        f"make {COMMON:.0%} of the text, whose first token is answered with another word; seed of "
        "the first run. The paper does not say how its words were chosen."
    )
    title = "Nearest written words of spoken words counted wrong (Table 4)"
    write_page(html, title, frame, [note])


def common_words(space: Space, share: float) -> set[str]:
    """The most frequent words, as many as make at most ``share`` of the text behind a space."""
    covered = np.cumsum(space.counts) / space.counts.sum()
    return set(space.words[: int((covered <= share).sum())])

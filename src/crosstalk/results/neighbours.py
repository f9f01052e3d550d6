"""Nearest words of spoken words (Table 4)."""

from __future__ import annotations

import pandas as pd

from crosstalk.corpora.parquet import read_columns
from crosstalk.results.page import write_page
from crosstalk.results.tables import to_latex
from crosstalk.stage import Input, Output

INPUTS = 4
"""Words that Table 4 shows."""
LETTERS = 5
"""Shorter words are mostly function words, whose neighbours say little."""


def list_neighbours(
    *,
    rows: list[str],
    words: Input,
    csv: Output,
    markdown: Output,
    latex: Output,
    html: Output,
) -> None:
    """List the nearest words of spoken words that Table 3 counts as wrong (Table 4).

    For each row: its `INPUTS` most frequent test words of `LETTERS` letters or more whose first
    token is not answered rightly.
    """
    places = [f"answer_{k}" for k in range(1, 6)]
    answered = read_columns(words, ("row", "word", *places), others=True)
    counts = answered[answered["row"] == answered["row"].iloc[0]]["word"].value_counts()
    order = sorted(counts.index, key=lambda word: (-counts[word], word))
    shown = []
    for row in rows:
        tokens = answered[answered["row"] == row].drop_duplicates("word").set_index("word")
        wrong = [w for w in order if len(w) >= LETTERS and tokens.loc[w, "answer_1"] not in ("", w)]
        for word in wrong[:INPUTS]:
            ranks = {f"rank {k}": tokens.loc[word, name] for k, name in enumerate(places, 1)}
            shown.append({"row": row, "spoken": word} | ranks)
    frame = pd.DataFrame(shown, columns=["row", "spoken", *(f"rank {k}" for k in range(1, 6))])
    frame.to_csv(csv, index=False)
    markdown.write_text(frame.to_markdown(index=False) + "\n")
    latex.write_text(to_latex(frame))
    note = (
        f"The most frequent test words of {LETTERS} letters or more whose first token is answered "
        "with another word; seed of the first run."
    )
    title = "Nearest written words of spoken words counted wrong (Table 4)"
    write_page(html, title, frame, [note])

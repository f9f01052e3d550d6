"""Table 4: which words are asked, and the paper's beside ours."""

from pathlib import Path

import numpy as np
import pandas as pd

from crosstalk.embeddings.spaces import Space
from crosstalk.results.neighbours import common_words, list_neighbours

REFERENCE = Path("workflow/reference/chung2018_table_4.csv")


def test_common_words_make_the_share_and_no_more():
    space = Space(["the", "of", "their", "castle"], np.array([50, 25, 15, 10]), np.eye(4))
    assert common_words(space, 0.5) == {"the"}
    assert common_words(space, 0.89) == {"the", "of"}
    assert common_words(space, 0.1) == set()


def test_frequent_rare_and_right_words_are_told_apart(tmp_path):
    """`their` is common, `elf` short, `castle` answered rightly; `forest` comes before `orcish`."""
    said = {"their": 5, "elf": 4, "forest": 3, "castle": 3, "orcish": 2}
    rows = [
        {"row": "A", "word": word, "answer_1": "castle"}
        | {f"answer_{k}": f"{word}{k}" for k in range(2, 6)}
        for word, times in said.items()
        for _ in range(times)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "words")
    counts = np.array([40, 35, 15, 6, 4])
    Space(list(said), counts, np.eye(5)).save(tmp_path / "target")
    outputs = {kind: tmp_path / kind for kind in ("csv", "markdown", "latex", "html")}
    list_neighbours(
        rows=["A"], words=tmp_path / "words", target=tmp_path / "target", reference=REFERENCE,
        **outputs,
    )  # fmt: skip
    frame = pd.read_csv(outputs["csv"])
    assert frame.loc[frame["row"] == "A", "spoken"].tolist() == ["forest", "orcish"]
    papers = frame[frame["row"] == "the paper's"].set_index("spoken")
    assert papers.loc["clever", "rank 3"] == "clever"
    assert len(papers) == 4

"""How well words are linked: against links that people made (Och and Ney 2003)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from crosstalk.contextual.fast_align import NO_WORD, align, both_ways
from crosstalk.corpora.parquet import read_columns
from crosstalk.evaluation.answers import write_items
from crosstalk.params.contextual_data import FastAlignParams
from crosstalk.stage import Input, Output
from crosstalk.text.links import GOLD_LINKS, Links, parse_pharaoh

TABLE = "links"


def score_links(*, cfg: FastAlignParams, gold: Input, answers: Output) -> None:
    """Link the words of a text that was linked by hand, and compare (stage).

    ``gold`` has the columns `crosstalk.text.links.GOLD_LINKS`. ``answers`` are items of the table
    ``links``: rows ``forward``, ``backward`` and ``intersection``, columns ``precision``,
    ``recall`` and ``AER``; a cluster is a verse.
    """
    table = read_columns(gold, GOLD_LINKS)
    english, foreign = table["english"].to_list(), table["foreign"].to_list()
    forward, backward = align(english, foreign, cfg), align(foreign, english, cfg)
    found = {
        "forward": [{(int(e), f) for f, e in enumerate(row) if e != NO_WORD} for row in forward],
        "backward": [{(e, int(f)) for e, f in enumerate(row) if f != NO_WORD} for row in backward],
        "intersection": [set(map(tuple, row.tolist())) for row in both_ways(forward, backward)],
    }
    write_link_items(found, table, 0, answers)


def write_link_items(
    found: Mapping[str, list[Links]], gold: pd.DataFrame, seed: int, answers: Path
) -> None:
    """Compare links, by the name of what found them, with `GOLD_LINKS` and write the items."""
    sure, possible = (gold[name].map(parse_pharaoh).to_list() for name in ("sure", "possible"))
    parts = [
        link_items(links, sure, possible, gold["verse"].to_list()).assign(row=row)
        for row, links in found.items()
    ]
    write_items(pd.concat(parts, ignore_index=True).assign(table=TABLE, seed=seed), answers)


def link_items(
    found: list[Links], sure: list[Links], possible: list[Links], clusters: list[str]
) -> pd.DataFrame:
    """Turn the comparison into questions whose mean is each score.

    Precision asks of every found link whether it is possible, recall of every sure link whether it
    was found; AER = 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|) is the share of wrong answers to both.

    Returns
    -------
    DataFrame
        Columns column, cluster, correct (0 or 1).

    """
    rows = []
    for links, certain, allowed, cluster in zip(found, sure, possible, clusters, strict=True):
        right = [link in allowed for link in sorted(links)]
        reached = [link in links for link in sorted(certain)]
        rows += [("precision", cluster, float(hit)) for hit in right]
        rows += [("recall", cluster, float(hit)) for hit in reached]
        rows += [("AER", cluster, float(not hit)) for hit in right + reached]
    return pd.DataFrame(rows, columns=["column", "cluster", "correct"])

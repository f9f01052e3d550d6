"""Scores of word links, against their definitions."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.contextual.aer import link_items, score_links
from crosstalk.corpora.schemas import write_gold_links
from crosstalk.evaluation.answers import read_items
from crosstalk.params.contextual_data import FastAlignParams
from crosstalk.text.links import format_pharaoh

LINK = st.tuples(st.integers(0, 3), st.integers(0, 3))
VERSE = st.tuples(st.sets(LINK), st.sets(LINK, min_size=1), st.sets(LINK))


@settings(max_examples=40)
@given(st.lists(VERSE, min_size=1, max_size=5))
def test_scores_are_those_of_och_and_ney(verses):
    found, sure, more = map(list, zip(*verses, strict=True))
    possible = [s | m for s, m in zip(sure, more, strict=True)]
    items = link_items(found, sure, possible, [str(i) for i in range(len(verses))])
    means = items.groupby("column")["correct"].mean()
    a, s = sum(map(len, found)), sum(map(len, sure))
    in_sure = sum(len(x & y) for x, y in zip(found, sure, strict=True))
    in_possible = sum(len(x & y) for x, y in zip(found, possible, strict=True))
    assert means["recall"] == pytest.approx(in_sure / s)
    assert means["AER"] == pytest.approx(1 - (in_sure + in_possible) / (a + s))
    if a:
        assert means["precision"] == pytest.approx(in_possible / a)


def test_a_copied_language_is_linked_without_error(tmp_path):
    words = [[f"w{(7 * i + 3 * j) % 11}" for j in range(2 + i % 5)] for i in range(60)]
    gold = pd.DataFrame(
        {
            "verse": [str(i) for i in range(60)],
            "english": words,
            "foreign": [[w[::-1] for w in row] for row in words],
            "sure": [format_pharaoh((j, j) for j in range(len(row))) for row in words],
        }
    )
    write_gold_links(gold.assign(possible=gold["sure"]), tmp_path / "gold.parquet")
    score_links(
        cfg=FastAlignParams(), gold=tmp_path / "gold.parquet", answers=tmp_path / "a.parquet"
    )
    means = read_items(tmp_path / "a.parquet").groupby(["row", "column"])["correct"].mean()
    assert set(means.index.levels[0]) == {"forward", "backward", "intersection"}
    assert means["intersection", "precision"] > 0.97
    assert means["intersection", "AER"] < 0.05

"""So many minutes of a language, whoever asks."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.xlsr.amounts import first_minutes

CUTS = st.lists(
    st.tuples(st.sampled_from(["es", "it"]), st.floats(1, 60)), min_size=1, max_size=30
).map(
    lambda rows: pd.DataFrame(
        [{"id": f"u{i}", "language": lang, "seconds": s} for i, (lang, s) in enumerate(rows)]
    )
)


@given(cuts=CUTS, shares=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)))
def test_more_minutes_contain_fewer_and_the_last_utterance_reaches_the_limit(cuts, shares):
    least = cuts.groupby("language")["seconds"].sum().min() / 60
    low, high = sorted(least * share * 0.999 for share in shares)
    fewer, more = first_minutes(cuts, low), first_minutes(cuts, high)
    assert not (fewer & ~more).any()
    for _, part in cuts[more].groupby("language"):
        assert part["seconds"].sum() >= 60 * high - 1e-9
        assert part["seconds"].sum() - part["seconds"].max() < 60 * high + 1e-9


@given(cuts=CUTS)
def test_the_order_of_the_table_does_not_matter(cuts):
    minutes = cuts.groupby("language")["seconds"].sum().min() / 120
    kept = set(cuts["id"][first_minutes(cuts, minutes)])
    turned = cuts.iloc[::-1].reset_index(drop=True)
    assert kept == set(turned["id"][first_minutes(turned, minutes)])


def test_a_language_with_less_is_named():
    cuts = pd.DataFrame({"id": ["a", "b"], "language": ["es", "it"], "seconds": [60.0, 30.0]})
    with pytest.raises(DataError, match=r"it has 0\.5 minutes, not 1: take less"):
        first_minutes(cuts, 1)

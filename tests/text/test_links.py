"""Pharaoh's form of word links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.errors import DataError
from crosstalk.text.links import format_pharaoh, parse_pharaoh


@given(st.sets(st.tuples(st.integers(0, 99), st.integers(0, 99))))
def test_writing_and_reading_changes_nothing(links):
    assert parse_pharaoh(format_pharaoh(links)) == links


@pytest.mark.parametrize("text", ["0", "a-b", "1-2-3", "0-0,1-1"])
def test_another_form_is_named(text):
    with pytest.raises(DataError, match="is not a list of links"):
        parse_pharaoh(text)

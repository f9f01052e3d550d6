"""Parquet tables that are read by their columns: what is damaged or another table is named."""

import os

import numpy as np
import pandas as pd
import pytest

from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError

COLUMNS = ("word", "count")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "words.parquet"
    pd.DataFrame({"word": [f"w{n}" for n in range(999)], "count": range(999)}).to_parquet(path)
    return path


def test_a_table_is_read_whole_or_in_part(path):
    assert read_columns(path, COLUMNS)["count"].sum() == 999 * 998 / 2
    assert list(read_columns(path, ("count",), others=True)) == ["count"]


def flip(data, place):
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-10],
        lambda data: flip(data, 20),  # within a page: pyarrow raises an OSError without a number
        lambda data: b"word,count\na,1\n",
    ],
)
@pytest.mark.parametrize("others", [True, False])
def test_a_damaged_file_is_named(path, damage, others):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"words\.parquet .* delete it and run again") as error:
        read_columns(path, COLUMNS, others=others)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_bytes_that_change_do_not_end_in_a_traceback(path):
    whole, random = path.read_bytes(), np.random.default_rng(0)
    damaged = 0
    for _ in range(300):
        data = bytearray(whole)
        data[int(random.integers(len(data)))] = int(random.integers(256))
        path.write_bytes(data)
        try:
            read_columns(path, COLUMNS)  # what changes letters of a word cannot be seen
        except DataError:
            damaged += 1
    assert damaged > 20


@pytest.mark.parametrize("others", [True, False])
def test_another_table_is_named(path, others):
    with pytest.raises(DataError, match=r"words\.parquet"):
        read_columns(path, ("word", "frequency"), others=others)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read_is_not_called_damaged(path):
    path.chmod(0)
    with pytest.raises(PermissionError):
        read_columns(path, COLUMNS)

"""The common description of text: schema, order, reproducible bytes."""

import pandas as pd
import pytest

from crosstalk.corpora.messages import Message, message_table, read_messages
from crosstalk.corpora.schemas import MESSAGES as SCHEMA
from crosstalk.corpora.schemas import write_checked, write_messages
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError

MESSAGES = [
    Message("b", "war", "fr", "Au feu", "Fire!"),
    Message("b", "war", "en", "Fire!", "Fire!"),
    Message("a", "peace", "en", "Calm", "Calm"),
]


def test_rows_are_sorted_and_translations_share_the_fold():
    table = message_table("tales", MESSAGES)
    assert table[["message_id", "language"]].to_numpy().tolist() == [
        ["a", "en"],
        ["b", "en"],
        ["b", "fr"],
    ]
    assert table["fold"].tolist() == [fold_of("Calm"), fold_of("fire"), fold_of("fire")]
    assert set(table["source"]) == {"tales"}


def test_a_repeated_message_is_kept_once():
    assert len(message_table("tales", [*MESSAGES, MESSAGES[0]._replace(text="Feu")])) == 3


def test_bytes_do_not_depend_on_the_order_of_arrival(tmp_path):
    for name, messages in (("one", MESSAGES), ("two", MESSAGES[::-1])):
        write_messages(message_table("tales", messages), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    pd.testing.assert_frame_equal(
        read_messages(tmp_path / "one"), message_table("tales", MESSAGES), check_dtype=False
    )
    assert read_messages(tmp_path / "one")["fold"].dtype == "uint8"


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", "  "), ("language", "pt_BR"), ("fold", 100), ("message_id", ""), ("message_id", "a")],
)
def test_a_table_that_does_not_fit_is_not_written(tmp_path, column, value):
    table = message_table("tales", MESSAGES)
    table.loc[1, column] = value  # the last one makes ("a", "en") occur twice
    with pytest.raises(DataError, match="does not fit its schema"):
        write_messages(table.astype({"fold": "uint8"}), tmp_path / "m.parquet")
    assert not (tmp_path / "m.parquet").exists()


def test_one_message_cannot_be_in_two_folds(tmp_path):
    table = message_table("tales", MESSAGES)
    table.loc[2, "fold"] = (table.loc[1, "fold"] + 1) % 100
    with pytest.raises(DataError, match="one fold a message"):
        write_messages(table.astype({"fold": "uint8"}), tmp_path / "m.parquet")


def test_no_message_is_an_error():
    with pytest.raises(DataError, match="tales has no message"):
        message_table("tales", [])


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    (tmp_path / "m.parquet").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r"m\.parquet is not a Parquet file"):
        read_messages(tmp_path / "m.parquet")


def test_a_column_too_many_is_not_written(tmp_path):
    table = message_table("tales", MESSAGES).assign(extra=1)
    with pytest.raises(DataError, match="does not fit its schema: column 'extra' not in") as error:
        write_checked(table, SCHEMA, tmp_path / "m.parquet")
    assert len(str(error.value)) < 400
    assert not (tmp_path / "m.parquet").exists()

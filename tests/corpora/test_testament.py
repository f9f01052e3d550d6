"""Words linked by hand, from tables of the real layout."""

import io
import json
import zipfile

import pandas as pd
import pytest

from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.testament import ENGLISH, GREEK, LINKS, prepare_testament
from crosstalk.errors import DataError
from crosstalk.text.links import GOLD_LINKS

G, E = "n40001001", "40001001"
FILES = {
    GREEK: f"id\taltId\ttext\n{G}001\tx\tἐν\n{G}002\tx\tἀρχῇ\n{G}003\tx\tὁ\nn40001002001\tx\tλόγος\n",
    # "The" is counted to the first verse although its identifier says the second.
    ENGLISH: (
        "id\tsource_verse\ttext\tskip_space_after\texclude\n"
        f"{E}001\t{E}\tIn\t\t\n{E}002\t{E}\tthe\t\t\n{E}003\t{E}\tbeginning\ty\t\n{E}004\t{E}\t,\t\ty\n"
        f"40001002001\t{E}\tThe\t\t\n40001002002\t40001002\tWord\t\t\n"
    ),
    LINKS: json.dumps(
        {
            "records": [
                {"source": [f"{G}001"], "target": [f"{E}001"]},
                {"source": [f"{G}002"], "target": [f"{E}002", f"{E}003", f"{E}004"]},
                {"source": [f"{G}003"], "target": ["40001002001"]},
                {"source": [f"{G}003"], "target": ["40001002002"]},  # two verses
                {"source": [], "target": [f"{E}001"]},
            ]
        }
    ),
}


def prepare(tmp_path, files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    (tmp_path / "a.archive").write_bytes(packed.getvalue())
    prepare_testament(archives=[tmp_path / "a.archive"], links=tmp_path / "l.parquet")
    return read_columns(tmp_path / "l.parquet", GOLD_LINKS)


def test_single_words_are_sure_and_groups_are_possible(tmp_path):
    first, second = prepare(tmp_path, FILES).to_dict("records")
    assert list(first["english"]) == ["In", "the", "beginning", "The"]
    assert list(first["foreign"]) == ["ἐν", "ἀρχῇ", "ὁ"]
    assert first["sure"] == "0-0 3-2"
    assert first["possible"] == "0-0 1-1 2-1 3-2"
    assert (list(second["english"]), second["sure"], second["possible"]) == (["Word"], "", "")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (LINKS, None, "holds data/eng/alignments"),
        (LINKS, "{}", "not a file of alignments"),
        (GREEK, "id\ttext\nx1\tἐν\n", "line 2 is not a word"),
        (ENGLISH, "id\nx\n", "nt_BSB.tsv: line 2 is not a word"),
    ],
)
def test_what_is_broken_is_named(tmp_path, name, text, says):
    files = FILES | {name: text} if text else {k: v for k, v in FILES.items() if k != name}
    with pytest.raises(DataError, match=says):
        prepare(tmp_path, files)


def test_bytes_are_the_same_each_time(tmp_path):
    one = prepare(tmp_path, FILES)
    first = (tmp_path / "l.parquet").read_bytes()
    pd.testing.assert_frame_equal(one, prepare(tmp_path, FILES))
    assert (tmp_path / "l.parquet").read_bytes() == first

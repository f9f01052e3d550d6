"""The Bible's data file, whose LZW stream gzip reads too."""

import io
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.corpora import bible, tsl
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.bible import BibleParams

TEXT = b"Title.\nGe1:1 In the beginning.\nGe1:2 And the earth.\n1Sm1:1 Now there was a man.\n"


def archive(folder, content):
    path = folder / "bible-kjv.archive"
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("./usr/lib/bible.data")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return path


def prepare(folder, content, **cfg):
    out = folder / "messages.parquet"
    bible.prepare_bible(cfg=BibleParams(**cfg), archives=[archive(folder, content)], messages=out)
    return read_messages(out)


@given(st.lists(st.sampled_from([b"a", b"ab", b"the ", b"\n", b"zyx"]), max_size=400))
def test_unpacking_reverses_packing(parts):
    assert tsl.unpack(tsl.pack(b"".join(parts))) == b"".join(parts)


@pytest.mark.skipif(not shutil.which("gzip"), reason="no gzip to compare with")
@pytest.mark.parametrize("size", [1, 300, 5_000, 65_536, 150_000])
def test_gzip_reads_what_we_pack(size):
    # Three letters repeat enough to widen codes slowly, numbers widen them to 15 bits.
    text = b"".join(b"%d abc" % (n * n) for n in range(size))[:size]
    packed = tsl.pack(text)
    stream = packed[packed.index(b"\x1f\x9d\x90") :]
    done = subprocess.run(["gzip", "-dc"], input=stream, capture_output=True, check=True)
    assert done.stdout == text
    assert tsl.unpack(packed) == text


def test_a_verse_is_a_message(tmp_path):
    frame = prepare(tmp_path, tsl.pack(TEXT)).set_index("message_id")
    assert frame["text"].to_dict() == {
        "bible/1Sm1:1": "Now there was a man.",
        "bible/Ge1:1": "In the beginning.",
        "bible/Ge1:2": "And the earth.",
    }
    assert frame.loc["bible/1Sm1:1", ["domain", "language"]].tolist() == ["1Sm", "en"]
    assert frame.loc["bible/Ge1:1", "fold"] == fold_of("In the beginning.")


def test_books_can_be_chosen(tmp_path):
    assert set(prepare(tmp_path, tsl.pack(TEXT), books=("1Sm",))["domain"]) == {"1Sm"}


def test_an_unknown_book_names_the_valid_ones(tmp_path):
    with pytest.raises(ParameterError, match=r"'Genesis'.*valid: Ge 1Sm"):
        prepare(tmp_path, tsl.pack(TEXT), books=("Genesis",))


@pytest.mark.parametrize("cut", [0, 3, 60, 95, 120])
def test_a_cut_data_file_is_named(tmp_path, cut):
    with pytest.raises(DataError, match=r"bible\.data is damaged"):
        prepare(tmp_path, tsl.pack(TEXT)[:cut])


def test_a_code_beyond_the_table_is_refused(tmp_path):
    packed = bytearray(tsl.pack(TEXT))
    start = packed.index(b"\x1f\x9d\x90") + 3
    packed[start : start + 9] = b"\xff" * 9
    with pytest.raises(DataError, match="code 511"):
        prepare(tmp_path, bytes(packed))


def test_a_line_that_is_no_verse_is_shown(tmp_path):
    with pytest.raises(DataError, match="line 2 is not a verse: 'chaff'"):
        prepare(tmp_path, tsl.pack(b"Title.\nchaff\n"))


def test_another_archive_is_refused(tmp_path):
    path = tmp_path / "other.archive"
    with tarfile.open(path, "w:gz"):
        pass
    with pytest.raises(DataError, match=r"no bible\.data"):
        bible.prepare_bible(cfg=BibleParams(), archives=[path], messages=tmp_path / "m")

"""Wesnoth catalogues, compiled and as sources, in archives of the real layout."""

import io
import tarfile

import polib
import pytest

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import fold_of
from crosstalk.corpora.wesnoth import prepare_wesnoth
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.wesnoth import WesnothParams

MO = "usr/share/games/wesnoth/1.16/locale/{}/LC_MESSAGES/{}.mo"
ENTRIES = {"female^stunned": "betäubt", "<i>Run</i>, $name!": "Lauf, $name!", "Baran": "Baran"}


def catalogue(entries, plural=None):
    made = polib.POFile()
    # Python's gettext refuses this plural header; the real catalogues have such.
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=INTEGER;"}
    for message, translation in entries.items():
        made.append(polib.POEntry(msgid=message, msgstr=translation))
    for (one, many), forms in (plural or {}).items():
        made.append(polib.POEntry(msgid=one, msgid_plural=many, msgstr_plural=dict(enumerate(forms))))
    return made


@pytest.fixture
def archive(tmp_path):
    def pack(files):
        path = tmp_path / "w.archive"
        with tarfile.open(path, "w:gz") as tar:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        return path

    return pack


def prepare(tmp_path, path, *languages):
    prepare_wesnoth(
        cfg=WesnothParams(languages=languages), archives=[path], messages=tmp_path / "m.parquet"
    )
    return read_messages(tmp_path / "m.parquet")


def test_compiled_catalogues_become_parallel_messages(tmp_path, archive):
    data = catalogue(ENTRIES, {("one day", "$n days"): ["ein Tag", "$n Tage"]}).to_binary()
    path = archive({MO.format("de", "wesnoth-utbs"): data, MO.format("af", "wesnoth-utbs"): data})
    frame = prepare(tmp_path, path, "en", "de")
    pairs = frame.pivot(index="message_id", columns="language", values="text")
    assert dict(zip(pairs["en"], pairs["de"].fillna(""), strict=True)) == {
        "stunned": "betäubt",
        "Run, !": "Lauf, !",
        "Baran": "",  # left as it is: not a translation
        "one day": "ein Tag",
    }
    assert set(frame["domain"]) == {"wesnoth-utbs"}
    folds = frame.set_index("text")["fold"]
    assert folds["betäubt"] == folds["stunned"] == fold_of("stunned")


def test_upstream_sources_give_the_same_messages(tmp_path, archive):
    made = catalogue(ENTRIES)
    compiled = archive({MO.format("de", "wesnoth-utbs"): made.to_binary()})
    expected = prepare(tmp_path, compiled, "en", "de")
    source = archive({"wesnoth-1.16.9/po/wesnoth-utbs/de.po": str(made).encode()})
    assert prepare(tmp_path, source, "en", "de").equals(expected)


def test_an_unknown_language_names_the_nearest(tmp_path, archive):
    path = archive({MO.format("pt_BR", "wesnoth"): catalogue(ENTRIES).to_binary()})
    with pytest.raises(ParameterError, match="did you mean 'pt_BR'"):
        prepare(tmp_path, path, "en", "pt_PT")


def test_a_broken_catalogue_is_named(tmp_path, archive):
    path = archive({MO.format("de", "wesnoth"): b"nonsense"})
    with pytest.raises(DataError, match=r"wesnoth\.mo is not a gettext catalogue"):
        prepare(tmp_path, path, "en", "de")


def test_archives_without_catalogues_are_named(tmp_path, archive):
    with pytest.raises(ParameterError, match="no catalogue is in 'de'"):
        prepare(tmp_path, archive({"readme": b""}), "en", "de")

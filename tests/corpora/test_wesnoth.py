"""Wesnoth catalogues, compiled and as sources, in archives of the real layout."""

import io
import tarfile

import polib
import pytest
from pydantic import ValidationError

from crosstalk.corpora.gettext_files import parse_entries
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import fold_of
from crosstalk.corpora.wesnoth import parse_name, prepare_wesnoth
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.wesnoth import WesnothParams
from crosstalk.text.gettext import clean

MO = "usr/share/games/wesnoth/1.16/locale/{}/LC_MESSAGES/{}.mo"
ENTRIES = {"female^stunned": "betäubt", "<i>Run</i>, $name!": "Lauf, $name!", "Baran": "Baran"}


def catalogue(entries, plural=None):
    made = polib.POFile()
    # Python's gettext refuses this plural header; the real catalogues have such.
    made.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=INTEGER;",
    }
    for message, translation in entries.items():
        made.append(polib.POEntry(msgid=message, msgstr=translation))
    for (one, many), forms in (plural or {}).items():
        made.append(
            polib.POEntry(msgid=one, msgid_plural=many, msgstr_plural=dict(enumerate(forms)))
        )
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
    pairs = frame.pivot_table(
        index="message_id", columns="language", values="text", aggfunc="first"
    )
    assert dict(zip(pairs["en"], pairs["de"].fillna(""), strict=True)) == {
        "stunned": "betäubt",
        "Run!": "Lauf!",
        "Baran": "",  # left as it is: not a translation
        "days": "Tage",  # the form for many
    }
    assert set(frame["domain"]) == {"wesnoth-utbs"}
    folds = frame.set_index("text")["fold"]
    assert folds["betäubt"] == folds["stunned"] == fold_of("stunned")


def test_english_alone_comes_from_whatever_is_translated(tmp_path, archive):
    path = archive({MO.format("de", "wesnoth"): catalogue(ENTRIES).to_binary()})
    assert set(prepare(tmp_path, path, "en")["text"]) == {"stunned", "Run!", "Baran"}


def test_translations_alone_keep_the_english_fold(tmp_path, archive):
    path = archive({MO.format("pt_BR", "wesnoth"): catalogue({"Sun": "Sol"}).to_binary()})
    frame = prepare(tmp_path, path, "pt")
    assert frame[["language", "text", "fold"]].to_numpy().tolist() == [
        ["pt", "Sol", fold_of("sun")]
    ]


def test_upstream_sources_give_the_same_messages(tmp_path, archive):
    made = catalogue(ENTRIES)
    compiled = archive({MO.format("de", "wesnoth-utbs"): made.to_binary()})
    expected = prepare(tmp_path, compiled, "en", "de")
    made.append(polib.POEntry(msgid="Guessed", msgstr="Geraten", flags=["fuzzy"]))
    made.append(polib.POEntry(msgid="Gone", msgstr="Weg", obsolete=True))
    source = archive({"wesnoth-1.16.9/po/wesnoth-utbs/de.po": str(made).encode()})
    assert prepare(tmp_path, source, "en", "de").equals(expected)


def test_contexts_keep_messages_apart():
    entries = catalogue({"female^I see.": "Vidím ji.", "I see.": "Vidím."})
    found = [
        message
        for message in parse_entries(
            entries, source="wesnoth", domain="wesnoth", language="cs", clean=clean
        )
        if message.language == "en"
    ]
    assert [m.text for m in found] == ["I see.", "I see."]
    assert found[0].id != found[1].id
    assert found[0].reference == found[1].reference


def test_other_files_are_not_catalogues():
    assert parse_name("./usr/share/locale/de/LC_MESSAGES/wesnoth.mo") == ("de", "wesnoth")
    with pytest.raises(DataError, match=r"gimp\.mo is not a Wesnoth catalogue"):
        parse_name("usr/share/locale/de/LC_MESSAGES/gimp.mo")


def test_an_unknown_language_names_the_nearest():
    with pytest.raises(ValidationError, match="'dee' is unknown; did you mean 'de'"):
        WesnothParams(languages=("en", "dee"))


def test_a_language_missing_from_the_archives_names_those_present(tmp_path, archive):
    path = archive({MO.format("de", "wesnoth"): catalogue(ENTRIES).to_binary()})
    with pytest.raises(ParameterError, match=r"no catalogue in fr; valid: en de$"):
        prepare(tmp_path, path, "en", "fr")


def test_a_broken_catalogue_is_named(tmp_path, archive):
    path = archive({MO.format("de", "wesnoth"): b"nonsense"})
    with pytest.raises(DataError, match=r"wesnoth\.mo is not a readable gettext catalogue"):
        prepare(tmp_path, path, "en", "de")

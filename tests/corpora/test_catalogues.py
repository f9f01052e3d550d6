"""Program catalogues in archives of the real layout."""

import io
import tarfile

import polib
import pytest
from pydantic import ValidationError

from crosstalk.corpora.catalogues import clean, parse_name, prepare_catalogues
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.catalogues import CataloguesParams

OFFICE = "./usr/lib/libreoffice/program/resource/{}/LC_MESSAGES/{}.mo"
SHARED = "./usr/share/locale/{}/LC_MESSAGES/{}.mo"


@pytest.fixture
def archive(tmp_path):
    def pack(files):
        path = tmp_path / "c.archive"
        with tarfile.open(path, "w:gz") as tar:
            for name, entries in files.items():
                made = polib.POFile()
                made.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
                made.extend(polib.POEntry(msgid=en, msgstr=other) for en, other in entries.items())
                entry = tarfile.TarInfo(name)
                data = made.to_binary()
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        return path

    return pack


def prepare(tmp_path, path, **cfg):
    out = tmp_path / "m.parquet"
    prepare_catalogues(cfg=CataloguesParams(**cfg), archives=[path], messages=out)
    return read_messages(out)


def test_programs_and_modules_become_domains(tmp_path, archive):
    path = archive(
        {
            OFFICE.format("de", "sc"): {"_Sort the cells": "Zellen _sortieren"},
            SHARED.format("de", "gimp20-std-plug-ins"): {"Blur the image": "Bild weichzeichnen"},
            SHARED.format("pl", "gimp20"): {"Blur the image": "Rozmyj obraz teraz"},
        }
    )
    frame = prepare(tmp_path, path, languages=("en", "de"))
    assert frame.set_index("text")["domain"].to_dict() == {
        "Sort the cells": "libreoffice-sc",
        "Zellen sortieren": "libreoffice-sc",
        "Blur the image": "gimp",
        "Bild weichzeichnen": "gimp",
    }
    folds = frame.set_index("text")["fold"]
    assert folds["Zellen sortieren"] == folds["Sort the cells"] == fold_of("sort the cells")


def test_short_long_untranslated_and_coded_messages_are_left_out(tmp_path, archive):
    entries = {
        "Two words": "Zwei Wörter",
        "three whole words": "drei ganze Wörter",
        "six words are far too many": "sechs Wörter sind viel zu viele",
        "Thai font name": "Thai font name",
        "see http://a.org/x for more": "siehe http://a.org/x",
    }
    frame = prepare(
        tmp_path,
        archive({SHARED.format("de", "inkscape"): entries}),
        languages=("en", "de"),
        max_words=4,
    )
    assert sorted(frame["text"]) == ["Thai font name", "drei ganze Wörter", "three whole words"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Cho_ose Date", "Choose Date"),
        ("~Insert a Row", "Insert a Row"),
        ("%PRODUCTNAME Calc could not start", "LibreOffice Calc could not start"),
        ("<b>Failed</b> to open “%s”: %s", "Failed to open:"),
        ("Delete %d messages?", "Delete messages?"),
        (r"Escape with \n please", ""),
        ("Action Column|Buy", ""),
        ("50 % grey", ""),
        ("use gimp_layer_new and err_code", ""),
        ("%s", ""),
    ],
)
def test_cleaning(message, text):
    assert clean(message) == text


def test_other_files_are_not_catalogues():
    assert parse_name(OFFICE.format("el", "sw")) == ("el", "libreoffice-sw")
    assert parse_name(SHARED.format("es", "gnucash")) == ("es", "gnucash")
    with pytest.raises(DataError, match=r"wesnoth\.mo is not a catalogue of a known program"):
        parse_name(SHARED.format("de", "wesnoth"))


def test_a_language_missing_from_the_archives_names_those_present(tmp_path, archive):
    path = archive({SHARED.format("de", "gimp20"): {"a b c": "d e f"}})
    with pytest.raises(ParameterError, match=r"no catalogue in fr; valid: en de$"):
        prepare(tmp_path, path, languages=("en", "fr"))


def test_parameters_that_leave_nothing_are_refused():
    with pytest.raises(ValidationError, match="min_words=9 exceeds max_words=3"):
        CataloguesParams(min_words=9, max_words=3)

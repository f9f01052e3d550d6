"""Verses of quran-json: one identity and one fold in all languages."""

import io
import json
import tarfile

import pytest

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.quran import prepare_quran
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.quran import QuranParams

FOLDER = "package/dist/chapters"
TEXTS = {"en": ["The Opener", "Praise"], "sv": ["Öppning ", "Lov\toch  pris"]}


def chapter(translations):
    verses = [{"id": n, "text": f"نص {n}", "translation": t} for n, t in enumerate(translations, 1)]
    content = {"id": 2, "transliteration": "Al-Baqarah", "verses": verses}
    return json.dumps(content).encode()


def files(texts=TEXTS):
    made = {f"{FOLDER}/{language}/2.json": chapter(t) for language, t in texts.items()}
    return made | {f"{FOLDER}/2.json": chapter(["", ""]), f"{FOLDER}/en/index.json": b"[]"}


def prepare(folder, content, *languages):
    path = folder / "quran-json.archive"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    out = folder / "messages.parquet"
    prepare_quran(cfg=QuranParams(languages=languages), archives=[path], messages=out)
    return read_messages(out)


def test_languages_are_parallel(tmp_path):
    frame = prepare(tmp_path, files(), "ar", "en", "sv")
    table = frame.pivot(index="message_id", columns="language", values="text")
    assert table.loc["quran/2:2"].to_dict() == {"ar": "نص 2", "en": "Praise", "sv": "Lov och pris"}
    assert set(frame["domain"]) == {"Al-Baqarah"}


def test_english_decides_the_fold_even_where_it_is_left_out(tmp_path):
    frame = prepare(tmp_path, files(), "sv").set_index("message_id")
    assert frame.loc["quran/2:1", "fold"] == fold_of("The Opener")
    assert set(frame["language"]) == {"sv"}


def test_a_verse_without_translation_is_left_out(tmp_path):
    frame = prepare(tmp_path, files(TEXTS | {"sv": ["Öppning", " "]}), "en", "sv")
    assert frame.groupby("language").size().to_dict() == {"en": 2, "sv": 1}


def test_a_verse_without_english_has_no_fold(tmp_path):
    with pytest.raises(DataError, match="quran/2:2 has no English"):
        prepare(tmp_path, files(TEXTS | {"en": ["The Opener", ""]}), "sv")


def test_an_unknown_language_names_the_valid_ones(tmp_path):
    with pytest.raises(ParameterError, match="'de' is not in the archives; valid: ar en sv"):
        prepare(tmp_path, files(), "de")


@pytest.mark.parametrize("broken", [chapter(["x"])[:40], b"[]", b'{"verses": [{}]}', b"\xff"])
def test_a_broken_chapter_is_named(tmp_path, broken):
    with pytest.raises(DataError, match=r"sv/2\.json is not a chapter"):
        prepare(tmp_path, files() | {f"{FOLDER}/sv/2.json": broken}, "sv")

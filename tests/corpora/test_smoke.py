"""Archives of the smoke scale: for every name in the registry, and readable like real ones."""

import gzip
import io
from pathlib import Path

import av
import pytest
import soundfile
import yaml
from PIL import Image

from crosstalk.corpora.archive import iter_files
from crosstalk.corpora.bible import prepare_bible
from crosstalk.corpora.catalogues import prepare_catalogues
from crosstalk.corpora.freedict import prepare_freedict
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.quran import prepare_quran
from crosstalk.corpora.smoke import build_archive
from crosstalk.corpora.testament import prepare_testament
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.bible import BibleParams
from crosstalk.params.catalogues import CataloguesParams
from crosstalk.params.freedict import FreedictParams
from crosstalk.params.quran import QuranParams
from crosstalk.params.smoke import SmokeParams
from crosstalk.text.dictionaries import COLUMNS
from crosstalk.text.links import GOLD_LINKS, parse_pharaoh

ROOT = Path(__file__).parents[2] / "workflow"
SOURCES = yaml.safe_load((ROOT / "corpora.yaml").read_text())["sources"]
SMALL = SmokeParams(spoken_captions=("fr",), picture_pixels=32)


def build(folder, name, cfg=SMALL, texts=ROOT / "smoke/udhr.tsv", bulk=ROOT / "smoke/mark.txt"):
    path = folder / name
    build_archive(cfg=cfg, name=name, texts=texts, bulk=bulk, archive=path)
    return path


def build_all(folder, source):
    return [build(folder, archive["name"]) for archive in SOURCES[source]["archives"]]


def contents(path):
    return dict(iter_files(path, "*"))


def seconds(content, container):
    with av.open(io.BytesIO(content), format=container) as file:
        return sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))


@pytest.mark.parametrize("name", [a["name"] for s in SOURCES.values() for a in s["archives"]])
def test_every_archive_of_the_registry_can_be_built_twice_alike(tmp_path, name):
    first = build(tmp_path, name).read_bytes()
    assert contents(tmp_path / name)
    assert build(tmp_path, name).read_bytes() == first


def test_stamps_hold_pictures_captions_and_recordings(tmp_path):
    files = contents(build(tmp_path, "stamps.archive"))
    stem = "usr/share/tuxpaint/stamps/animals/frog"
    assert len(files) == 22 * 3
    assert Image.open(io.BytesIO(files[f"{stem}.png"])).size == (32, 32)
    english, *others = files[f"{stem}.txt"].decode().splitlines()
    assert english == "A green frog."
    assert "fr.utf8=Une grenouille verte." in others
    recording = files[f"{stem}_desc_fr.ogg"]
    samples, rate = soundfile.read(io.BytesIO(recording))
    assert rate == 44100
    assert 0.5 < len(samples) / rate < 3
    # FFmpeg drops pages with a wrong checksum, so it agrees only if ours are right.
    assert seconds(recording, "ogg") == pytest.approx(len(samples) / rate, abs=0.05)


def test_prompts_and_their_transcripts_belong_together(tmp_path):
    sounds = contents(build(tmp_path, "sounds-ru.archive"))
    (name, packed), *_ = contents(build(tmp_path, "transcripts-ru.archive")).items()
    assert name.endswith("/core-sounds-ru.txt.gz")
    lines = gzip.decompress(packed).decode().splitlines()[2:]
    transcripts = dict(line.split(": ", 1) for line in lines)
    root = "usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU"
    assert sounds.keys() == {f"{root}/{prompt}.g722" for prompt in transcripts}
    assert transcripts["digits/2"] == "два"
    # 64 kbit/s whatever is said: G.722 has one byte for two samples at 16 kHz.
    for content in sounds.values():
        assert seconds(content, "g722") == pytest.approx(len(content) / 8000, abs=0.01)


def test_wesnoth_catalogues_hold_enough_english(tmp_path):
    wesnoth = pytest.importorskip("crosstalk.corpora.wesnoth")
    out = tmp_path / "messages.parquet"
    params = wesnoth.WesnothParams(languages=("en", "de", "zh"))
    wesnoth.prepare_wesnoth(cfg=params, archives=build_all(tmp_path, "wesnoth"), messages=out)
    frame = read_messages(out)
    counts = frame.groupby("language").size()
    assert counts["de"] == counts["zh"] == 50
    english = frame[frame["language"] == "en"]
    assert english["text"].str.split().str.len().sum() >= 15_000
    assert english["domain"].nunique() == 17


def test_text_readers_read_their_archives(tmp_path):
    out = tmp_path / "out"
    prepare_bible(cfg=BibleParams(), archives=build_all(tmp_path, "bible"), messages=out)
    assert len(read_messages(out)) == 678
    prepare_quran(cfg=QuranParams(), archives=build_all(tmp_path, "quran"), messages=out)
    assert read_messages(out).groupby("language").size().eq(50).all()
    archives = build_all(tmp_path, "freedict")
    prepare_freedict(cfg=FreedictParams(pairs=("de-en",)), archives=archives, dictionary=out)
    table = read_columns(out, COLUMNS).set_index("source_word")["target_word"]
    assert len(table) == 60
    assert table["straße"] == "road"


def test_catalogues_hold_as_many_commands_of_each_program(tmp_path):
    out = tmp_path / "messages.parquet"
    archives = build_all(tmp_path, "catalogues")
    prepare_catalogues(cfg=CataloguesParams(), archives=archives, messages=out)
    frame = read_messages(out)
    counts = frame.groupby(["language", "domain"]).size()
    assert set(counts) == {80}
    assert len(counts) == 6 * 6
    texts = frame.pivot_table(
        index="message_id", columns="language", values="text", aggfunc="first"
    ).set_index("en")["de"]
    assert texts["Delete message without calendar"] == "Nachricht ohne Kalender löschen"


def test_verses_are_linked_to_their_copies(tmp_path):
    out = tmp_path / "links.parquet"
    prepare_testament(archives=build_all(tmp_path, "testament"), links=out)
    for verse in read_columns(out, GOLD_LINKS).itertuples():
        assert verse.sure == verse.possible
        for one, other in parse_pharaoh(verse.sure):
            assert verse.english[one] == verse.foreign[other][::-1]
        assert len(parse_pharaoh(verse.sure)) == len(verse.english) == len(verse.foreign)


def test_an_unknown_archive_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"'x\.archive'"):
        build(tmp_path, "x.archive")
    with pytest.raises(ParameterError, match="valid: data did"):
        build(tmp_path, "wesnoth-1.16-zz.archive")


@pytest.mark.parametrize("language", ["xx", "ja"])
def test_a_language_that_cannot_be_spoken_names_the_valid_ones(tmp_path, language):
    with pytest.raises(ParameterError, match=f"'{language}' has no captions.*valid: bg ca el en"):
        build(tmp_path, "stamps.archive", SmokeParams(spoken_captions=(language,)))
    with pytest.raises(ParameterError, match="valid: en es fr it ru"):
        build(tmp_path, f"sounds-{language}.archive")


def test_broken_sources_are_named(tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("part\tkey\ten\narticle\t1.1\t\n")
    with pytest.raises(DataError, match="line 2 has no known part"):
        build(tmp_path, "stamps.archive", texts=broken)
    with pytest.raises(DataError, match="line 1 is not 'chapter:verse text'"):
        build(tmp_path, "stamps.archive", bulk=broken)

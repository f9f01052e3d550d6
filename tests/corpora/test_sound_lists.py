"""KLettres and KTuberling: what is said, what is only heard, and lists that cannot be read."""

import csv
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from crosstalk.corpora.klettres import prepare_klettres
from crosstalk.corpora.ktuberling import prepare_ktuberling
from crosstalk.corpora.manifests import SAMPLE_RATE, read_cuts
from crosstalk.corpora.recordings import BrokenRecordingError, decode, decode_unmarked
from crosstalk.corpora.smoke import _ogg_checksum, build_archive
from crosstalk.corpora.sound_lists import Sound, parse_sounds
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError
from crosstalk.params.klettres import KlettresParams
from crosstalk.params.ktuberling import KtuberlingParams
from crosstalk.params.smoke import SmokeParams

OUTPUTS = {
    "audio": "audio.flac",
    "recordings": "recordings.jsonl.gz",
    "supervisions": "supervisions.jsonl.gz",
    "rejected": "rejected.csv",
}
KLETTRES, KTUBERLING = "usr/share/klettres", "usr/share/ktuberling/sounds"


def ogg(seconds=0.4, amplitude=0.3):
    samples = amplitude * np.random.default_rng(0).uniform(-1, 1, round(seconds * SAMPLE_RATE))
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="OGG")
    return file.getvalue()


def unmarked(data):
    """Take the mark of the last page away (RFC 3533, section 6: flags at 5, checksum at 22)."""
    start = data.rfind(b"OggS")
    page = bytearray(data[start:])
    page[5] &= ~4
    page[22:26] = bytes(4)
    page[22:26] = _ogg_checksum(bytes(page)).to_bytes(4, "little")
    return data[:start] + bytes(page)


def listing(code, sounds):
    entries = "".join(f'<sound name="{name}" file="{file}" />' for name, file in sounds)
    return f'<!-- how to edit -->\n<klettres><language code="{code}">{entries}</language></klettres>'.encode()


def prepare(folder, stage, cfg, files):
    archive = folder / "sounds.archive"
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    outputs = {key: folder / name for key, name in OUTPUTS.items()}
    stage(cfg=cfg, archives=[archive], **outputs)
    cuts = read_cuts(outputs["recordings"], outputs["supervisions"])
    with outputs["rejected"].open(newline="") as file:
        rejected = {row["id"]: row["reason"] for row in csv.DictReader(file)}
    return {cut.supervisions[0].id: cut.supervisions[0] for cut in cuts}, rejected


LETTERS = {
    f"{KLETTRES}/es/sounds.xml": listing(
        "es", [("A", "es/alpha/a.ogg"), ("BA", "es/syllab/ba.ogg"), ("ZA", "es/syllab/gone.ogg")]
    ),
    f"{KLETTRES}/es/alpha/a.ogg": ogg(),
    f"{KLETTRES}/es/syllab/ba.ogg": ogg(),
    f"{KLETTRES}/es/syllab/unlisted.ogg": ogg(),
    f"{KLETTRES}/en_GB/sounds.xml": listing("en_GB", [("W", "en_GB/alpha/w.ogg")]),
    f"{KLETTRES}/en_GB/alpha/w.ogg": ogg(0.8),
    f"{KLETTRES}/he/sounds.xml": listing(
        "he", [("אב", "he/syllab/1.ogg"), ("ב", "he/alpha/2.ogg"), ("ג", "he/alpha/3.ogg")]
    ),
    f"{KLETTRES}/he/syllab/1.ogg": ogg(9.0),
    f"{KLETTRES}/he/alpha/2.ogg": ogg(amplitude=0.0),
    f"{KLETTRES}/he/alpha/3.ogg": ogg(0.1),
}


@pytest.fixture
def letters(tmp_path):
    cfg = KlettresParams(languages=("es", "en_GB", "he"))
    return prepare(tmp_path, prepare_klettres, cfg, LETTERS)


def test_letters_are_called_by_name_and_syllables_read(letters):
    spoken, _ = letters
    ba, a, w = (
        spoken[f"klettres/{name}"] for name in ("es/syllab/ba", "es/alpha/a", "en_GB/alpha/w")
    )
    assert (ba.text, ba.custom["phonemes"], ba.custom["domain"]) == ("ba", "b a", "syllables")
    assert (a.text, a.custom["phonemes"], a.custom["domain"]) == ("A", "a", "letters")
    assert (w.language, w.speaker) == ("en", "klettres-en_GB")
    assert w.custom["phonemes"] == "d ʌ b əl j uː"
    assert "klettres/es/syllab/unlisted" not in spoken


def test_a_letter_has_one_fold_in_all_sources_and_cases(letters):
    assert letters[0]["klettres/es/alpha/a"].custom["fold"] == fold_of("a")


def test_speech_alone_has_no_labels_and_any_length_that_is_not_silence(letters):
    spoken, rejected = letters
    hebrew = spoken["klettres/he/syllab/1"]
    assert (hebrew.text, hebrew.custom["phonemes"], hebrew.duration) == ("", "", 9.0)
    assert hebrew.custom["fold"] == fold_of("אב")
    assert rejected == {
        "klettres/he/alpha/2": "silent",
        "klettres/he/alpha/3": "too short for any word",
    }


def test_objects_are_transcribed_in_english_alone(tmp_path):
    files = {
        f"{KTUBERLING}/en.soundtheme": b'  <language code="en">\n<sound name="egypt_camel" '
        b'file="en/egypt_camel.ogg" /></language>',
        f"{KTUBERLING}/en/egypt_camel.ogg": ogg(),
        f"{KTUBERLING}/es.soundtheme": listing(
            "es",
            [("tie", "es/lazo.wav"), ("bow", "es/lazo.wav"), ("egypt_camel", "es/camello.wav")],
        ),
        f"{KTUBERLING}/es/lazo.wav": ogg(),
        f"{KTUBERLING}/es/camello.wav": ogg(),
        f"{KTUBERLING}/es@latin/lazo.wav": ogg(),
    }
    cfg = KtuberlingParams(languages=("en", "es"))
    spoken, rejected = prepare(tmp_path, prepare_ktuberling, cfg, files)
    camel, camello = (spoken[f"ktuberling/{code}/egypt_camel"] for code in ("en", "es"))
    assert (camel.text, camello.text, camello.custom["phonemes"]) == ("camel", "", "")
    assert camel.custom["item"] == camello.custom["item"] == "egypt_camel"
    assert camel.custom["fold"] == camello.custom["fold"] == fold_of("camel")
    assert (camello.custom["domain"], spoken["ktuberling/es/tie"].custom["domain"]) == (
        "egypt",
        "potato",
    )
    assert set(spoken) == {
        "ktuberling/en/egypt_camel",
        "ktuberling/es/egypt_camel",
        "ktuberling/es/tie",
    }
    assert rejected == {}


@pytest.mark.parametrize(
    "data",
    [b"", b"<klettres>", b"<klettres></klettres>", listing("es", [])[:-12], b"\xff\xfe<x/>",
     b'<language code="es"><sound name="A"/></language>', b"<language/>"],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_named(data):
    with pytest.raises(DataError, match=r"es/sounds\.xml is not a list of sounds"):
        parse_sounds("es/sounds.xml", data)


def test_entries_come_in_the_order_of_the_list():
    sounds = [("B", "es/b.ogg"), ("A", "es/a.ogg")]
    assert parse_sounds("x", listing("es", sounds)) == ("es", [Sound(*pair) for pair in sounds])


def test_a_language_without_recordings_is_an_error(tmp_path):
    lists = {name: data for name, data in LETTERS.items() if name.endswith("xml")}
    with pytest.raises(DataError, match=r"no recording in 'es'.*lists: en_GB es he"):
        prepare(tmp_path, prepare_klettres, KlettresParams(languages=("es",)), lists)


def test_only_where_asked_may_a_file_end_without_a_last_page():
    whole = ogg()
    open_ended = unmarked(whole)
    with pytest.raises(BrokenRecordingError, match="cut short"):
        decode(open_ended)
    assert len(decode_unmarked(open_ended).samples) == len(decode(whole).samples)
    with pytest.raises(BrokenRecordingError, match="cut short"):
        decode_unmarked(open_ended[:-100])


@pytest.mark.parametrize(
    ("stage", "cfg", "count"),
    [
        (prepare_klettres, KlettresParams(languages=("de", "en", "fr"), untranscribed=("fr",)), 36),
        (prepare_ktuberling, KtuberlingParams(languages=("en", "fr")), 16),
    ],
)
def test_the_tiny_archives_are_read_like_real_ones(tmp_path, stage, cfg, count):
    root = Path(__file__).parents[2] / "workflow/smoke"
    name = stage.__name__.removeprefix("prepare_")
    archive = tmp_path / f"{name}.archive"
    build_archive(
        cfg=SmokeParams(), name=archive.name, texts=root / "udhr.tsv", bulk=root / "mark.txt",
        archive=archive,
    )  # fmt: skip
    outputs = {key: tmp_path / file for key, file in OUTPUTS.items()}
    stage(cfg=cfg, archives=[archive], **outputs)
    spoken = [c.supervisions[0] for c in read_cuts(outputs["recordings"], outputs["supervisions"])]
    rejected = outputs["rejected"].read_text().splitlines()[1:]
    assert len(spoken) + len(rejected) == count
    assert len(spoken) > 0.8 * count
    assert {s.text == "" for s in spoken if s.language == "fr"} == {True}
    assert all(s.text and s.custom["phonemes"] for s in spoken if s.language != "fr")

"""Tux Paint stamps: what is kept, what is rejected and why, in archives of the real layouts."""

import csv
import io
import tarfile

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image
from pydantic import ValidationError

from crosstalk.corpora.manifests import SAMPLE_RATE, read_cuts
from crosstalk.corpora.pictures import small_picture
from crosstalk.corpora.recordings import (
    BrokenRecordingError,
    decode,
    find_fault,
    loudness,
    speech_seconds,
)
from crosstalk.corpora.splits import fold_of
from crosstalk.corpora.tuxpaint import (
    Place,
    parse_captions,
    place_of,
    prepare_tuxpaint,
)
from crosstalk.errors import DataError
from crosstalk.params.tuxpaint import RecordingChecks, TuxpaintParams

CHECKS = RecordingChecks()
OUTPUTS = {
    "audio": "audio.flac",
    "recordings": "recordings.jsonl.gz",
    "supervisions": "supervisions.jsonl.gz",
    "rejected": "rejected.csv",
    "messages": "messages.parquet",
    "pictures": "pictures.parquet",
}
CAPTION = (
    "A green frog sits by the pond.\nfr.utf8=Une grenouille verte.\nes.utf8=\nzh_CN.utf8=青蛙\n"
)


def noise(seconds, rate=44100, amplitude=0.3, seed=0):
    return amplitude * np.random.default_rng(seed).uniform(-1, 1, round(seconds * rate))


def ogg(samples, rate=44100, form="OGG"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form)
    return file.getvalue()


def png(colour, size=(8, 4)):
    file = io.BytesIO()
    Image.new("RGBA", size, colour).save(file, "PNG")
    return file.getvalue()


def pack(path, files, root="usr/share/tuxpaint/stamps"):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"./{root}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


GOOD = {
    "animals/frog.txt": CAPTION.encode(),
    "animals/frog.png": png("red"),
    "animals/frog_mirror.png": png("blue"),
    "animals/frog_desc_fr.ogg": ogg(np.stack([noise(1.3), noise(1.3, seed=1)], axis=1)),
    "animals/frog_desc.ogg": ogg(noise(1.6, rate=8000), rate=8000),
    "animals/frog.ogg": ogg(noise(0.3)),
    "animals/bird_desc_fr.ogg.ogg": ogg(noise(1.0)),
    "animals/bird.txt": b"A bird.\nfr.utf8=Un petit oiseau.\n",
    "animals/bird.svg": b"<svg/>",
}


def prepare(folder, files, *, languages=("en", "fr"), root="usr/share/tuxpaint/stamps"):
    folder.mkdir(exist_ok=True)
    archive = pack(folder / "stamps.archive", files, root)
    outputs = {key: folder / name for key, name in OUTPUTS.items()}
    prepare_tuxpaint(cfg=TuxpaintParams(languages=languages), archives=[archive], **outputs)
    return outputs


def cuts_of(outputs):
    return list(read_cuts(outputs["recordings"], outputs["supervisions"]))


def rejected_of(outputs):
    with outputs["rejected"].open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_recordings_are_kept_with_what_is_known_of_them(tmp_path):
    outputs = prepare(tmp_path, GOOD)
    supervisions = [cut.supervisions[0] for cut in cuts_of(outputs)]
    assert [s.id for s in supervisions] == [
        "tuxpaint/en/animals/frog",
        "tuxpaint/fr/animals/bird",
        "tuxpaint/fr/animals/frog",
    ]
    english, _, french = supervisions
    assert (french.text, french.language, french.speaker) == (
        "Une grenouille verte.",
        "fr",
        "tuxpaint-fr",
    )
    assert french.duration == pytest.approx(1.3, abs=1e-4)
    assert english.custom["original_sample_rate"] == 8000
    assert french.custom["item"] == english.custom["item"] == "animals/frog"
    reference = fold_of("A green frog sits by the pond.")
    assert french.custom["fold"] == english.custom["fold"] == reference
    assert french.custom["phonemes"].startswith("y n")


def test_between_recordings_is_digital_silence(tmp_path):
    outputs = prepare(tmp_path, GOOD)
    first, second, _ = cuts_of(outputs)
    samples, rate = soundfile.read(outputs["audio"], dtype="int16")
    gap = samples[round(first.end * rate) : round(second.start * rate)]
    assert rate == SAMPLE_RATE
    assert len(gap) == 0.2 * SAMPLE_RATE
    assert not gap.any()


@pytest.mark.parametrize("root", ["tuxpaint-stamps-2022.06.04/stamps", "stamps"])
def test_packing_and_order_make_no_difference(tmp_path, root):
    one = prepare(tmp_path / "debian", GOOD)
    other = prepare(tmp_path / "upstream", dict(reversed(GOOD.items())), root=root)
    for key in OUTPUTS:
        assert one[key].read_bytes() == other[key].read_bytes(), key


def test_captions_are_messages_in_every_language(tmp_path):
    table = pd.read_parquet(prepare(tmp_path, GOOD)["messages"])
    frog = table[table["message_id"] == "animals/frog"]
    assert dict(zip(frog["language"], frog["text"], strict=True)) == {
        "en": "A green frog sits by the pond.",
        "fr": "Une grenouille verte.",
        "zh": "青蛙",
    }
    assert set(frog["domain"]) == {"animals"}


def test_pictures_are_those_of_captioned_stamps(tmp_path):
    outputs = prepare(tmp_path, GOOD)
    table = pd.read_parquet(outputs["pictures"])
    assert list(table["item"]) == ["animals/frog"]
    pixels = np.frombuffer(table["pixels"][0], np.uint8).reshape(64, 64, 3)
    assert (pixels[32] == [255, 0, 0]).all()
    assert (pixels[[0, 63]] == 255).all()  # twice as wide as high, centred on white
    assert "SVG" in rejected_of(outputs)["tuxpaint/picture/animals/bird"]["reason"]


def test_transparent_is_white_whatever_colour_it_hides():
    (pixel,) = {small_picture(png((0, 255, 0, 0)), 16)[i : i + 3] for i in range(0, 768, 3)}
    assert pixel == b"\xff\xff\xff"


def flip(data, at):
    return data[:at] + b"garbage!" + data[at + 8 :]


LOST = {
    "broken": (flip(ogg(noise(1.5)), 60), b"A frog in a pond.", "cannot be decoded"),
    "no-audio-file": (b"<html>404</html>", b"A frog in a pond.", "cannot be decoded"),
    "nothing": (b"", b"A frog in a pond.", "cannot be decoded"),
    "truncated": (ogg(noise(1.5))[:-4000], b"A frog in a pond.", "cut short"),
    "silent": (ogg(noise(1.5, amplitude=0.0005)), b"A frog in a pond.", "silent"),
    "digital-zero": (ogg(np.zeros(44100)), b"A frog in a pond.", "silent"),
    "click": (ogg(noise(0.1)), b"A frog.", "too short for any word"),
    "empty-caption": (ogg(noise(1.5)), b"\n", "no transcript"),
    "no-caption": (ogg(noise(1.5)), None, "no transcript"),
    "dots": (ogg(noise(1.5)), b"...", "nothing to pronounce"),
    "cut-off": (ogg(noise(0.5)), b"A frog which sits in a pond all day.", "too short for its"),
    "rambling": (ogg(noise(20)), b"A frog.", "too long for its"),
}


def test_what_is_rejected_is_listed_with_its_reason(tmp_path):
    files = dict(GOOD)
    for name, (audio, caption, _) in LOST.items():
        files[f"bad/{name}_desc.ogg"] = audio
        if caption is not None:
            files[f"bad/{name}.txt"] = caption
    files["bad/picture.txt"] = b"A picture."
    files["bad/picture.png"] = png("red")[:40]
    outputs = prepare(tmp_path, files)
    rejected = rejected_of(outputs)
    assert {
        name: rejected[f"tuxpaint/en/bad/{name}"]["reason"].find(reason) >= 0
        for name, (_, _, reason) in LOST.items()
    } == dict.fromkeys(LOST, True)
    assert rejected["tuxpaint/en/bad/rambling"]["seconds"] == "20.000"
    assert rejected["tuxpaint/picture/bad/picture"]["reason"] == "the picture cannot be decoded"
    kept = {cut.supervisions[0].id for cut in cuts_of(outputs)}
    assert len(kept) == 3
    assert not kept & set(rejected)


def test_a_language_without_recordings_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"no recording in da.*there are: en fr"):
        prepare(tmp_path, GOOD, languages=("en", "fr", "da"))


def test_an_archive_of_something_else_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no recording in en"):
        prepare(tmp_path, {"readme.md": b"nothing"}, languages=("en",))


def test_an_unknown_language_names_the_valid_ones():
    with pytest.raises(ValidationError, match=r"'rus' is unknown; did you mean 'ru'\? valid: be"):
        TuxpaintParams(languages=("fr", "rus"))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("x/stamps/a/b/owl.txt", Place("a/b/owl", "txt")),
        ("stamps/a/owl_desc.ogg", Place("a/owl", "recording", "en")),
        ("stamps/a/owl_desc_fr.wav", Place("a/owl", "recording", "fr")),
        ("stamps/a/owl_desc_da.ogg.ogg", Place("a/owl", "recording", "da")),
        ("stamps/a/owl_desc_pt_BR.wav", None),
        ("stamps/a/owl.ogg", None),  # its cry
        ("stamps/a/owl.dat", None),
        ("stamps/a/owl_flip.png", None),
        ("po/stamps.txt", None),
        ("docs/README.txt", None),
    ],
)
def test_names_tell_what_a_file_is(name, place):
    assert place_of(name) == place


def test_captions_keep_only_what_says_something():
    data = "\ufeffA  frog. \r\nfr.utf8=Une grenouille.\r\nde.utf8= \nes=latin\nfr.utf8=Encore\n".encode()
    assert parse_captions("frog.txt", data) == {"en": "A frog.", "fr": "Une grenouille."}
    with pytest.raises(DataError, match=r"frog\.txt is not UTF-8"):
        parse_captions("frog.txt", "Une méduse.".encode("latin-1"))


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_decoding_keeps_pitch_and_length(rate):
    time = np.arange(rate) / rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    audio = decode(ogg(np.stack([tone, tone], axis=1), rate, "WAV"))
    assert (len(audio.samples), audio.samples.dtype) == (SAMPLE_RATE, np.int16)
    assert np.abs(np.fft.rfft(audio.samples)).argmax() == 440
    assert np.abs(audio.samples).max() == pytest.approx(16384, rel=0.02)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_no_cut_of_an_ogg_file_passes(kept):
    data = ogg(noise(2))
    with pytest.raises(BrokenRecordingError):
        decode(data[: int(len(data) * kept)])


def test_pauses_do_not_count_as_slow_speech():
    word = (noise(1.0, SAMPLE_RATE) * 32767).astype(np.int16)
    for pause, counted in ((0.1, 0.1), (3.0, 0.3)):
        gap = np.zeros(round(pause * SAMPLE_RATE), np.int16)
        samples = np.concatenate([gap, word, gap, word, gap])
        assert speech_seconds(samples, CHECKS) == pytest.approx(2 + counted, abs=0.06)


def test_loudness_is_that_of_the_definition():
    samples = (noise(0.5, SAMPLE_RATE, seed=5) * 32767).astype(np.int16)
    slow = [
        10 * np.log10(np.mean((samples[start : start + 400] / 32768) ** 2))
        for start in range(0, len(samples) - 399, 160)
    ]
    assert loudness(samples) == pytest.approx(slow)


def test_a_vowel_said_alone_and_fast_speech_both_pass():
    half = (noise(0.65, SAMPLE_RATE) * 32767).astype(np.int16)
    assert not find_fault(half, ["e"], CHECKS)
    assert not find_fault(half, ["e"] * 12, CHECKS)
    assert find_fault(half, ["e"] * 14, CHECKS).startswith("too short for its")

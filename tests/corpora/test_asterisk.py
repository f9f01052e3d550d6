"""Asterisk prompts: Debian's packages and the upstream release give the same corpus."""

import csv
import gzip
import io
import tarfile

import av
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crosstalk.corpora.asterisk import (
    Prompt,
    Sound,
    parse_entry,
    parse_transcripts,
    prepare_asterisk,
    sound_of,
)
from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.recordings import BrokenRecordingError, decode_g722
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError
from crosstalk.params.asterisk import AsteriskParams

OUTPUTS = {
    "audio": "audio.flac",
    "recordings": "recordings.jsonl.gz",
    "supervisions": "supervisions.jsonl.gz",
    "rejected": "rejected.csv",
    "messages": "messages.parquet",
}
FOLDERS = {"en": "en_US_f_Allison", "it": "it_IT_m_Carlo"}
TEXTS = {
    "en": "; Core sounds\n\nactivated: Activated now.\nbeep: [a beep]\nletters/o: oh (the letter)\n",
    "it": "\ufeff; Suoni\nactivated: Attivato adesso.\nbeep: (tono)\nletters/O: la lettera o\n"
    "invalid: Spiacente, [quello] no.\nvm-only-text: Solo testo.\n",
}


def g722(seconds, amplitude=8000, seed=0):
    samples = np.random.default_rng(seed).integers(
        -amplitude, amplitude + 1, (1, round(seconds * 16000)), np.int16
    )
    file = io.BytesIO()
    with av.open(file, "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 16000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


SOUNDS = {
    "en": {"activated": g722(1.2), "beep": g722(0.4), "letters/o": g722(0.4, seed=2)},
    "it": {
        "activated": g722(1.4, seed=3),
        "beep": g722(0.4),
        "letters/o": g722(0.9, seed=4),
        "invalid": g722(1.5),
    },
}


def pack(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def debian(folder, sounds, texts):
    archives = []
    for language, prompts in sounds.items():
        root = f"usr/share/asterisk/sounds/{FOLDERS[language]}"
        files = {f"{root}/{name}.g722": data for name, data in prompts.items()}
        archives.append(pack(folder / f"sounds-{language}.archive", files))
    for language, text in texts.items():
        name = f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
        data = gzip.compress(text.encode(), mtime=0)
        archives.append(pack(folder / f"transcripts-{language}.archive", {name: data}))
    return archives


def upstream(folder, sounds, texts):
    """Each release stands for both archives of its language, as the registry names them."""
    archives = []
    for language, prompts in sounds.items():
        files = {f"{name}.g722": data for name, data in reversed(prompts.items())}
        files[f"core-sounds-{language}.txt"] = texts[language].encode()
        files[f"CREDITS-asterisk-core-{language}-1.6.1"] = b"credits"
        archives += [
            pack(folder / f"{kind}-{language}.archive", files) for kind in ("sounds", "transcripts")
        ]
    return archives


def prepare(folder, sounds=None, texts=None, *, languages=("en", "it"), packing=debian):
    folder.mkdir(exist_ok=True)
    outputs = {key: folder / name for key, name in OUTPUTS.items()}
    archives = packing(folder, sounds or SOUNDS, texts or TEXTS)
    prepare_asterisk(cfg=AsteriskParams(languages=languages), archives=archives, **outputs)
    return outputs


def supervisions_of(outputs):
    cuts = read_cuts(outputs["recordings"], outputs["supervisions"])
    return {cut.supervisions[0].id: cut.supervisions[0] for cut in cuts}


def rejected_of(outputs):
    with outputs["rejected"].open(newline="") as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file)}


def test_prompts_are_parallel_across_languages_and_case(tmp_path):
    kept = supervisions_of(prepare(tmp_path))
    assert sorted(kept) == [
        "asterisk/en/activated",
        "asterisk/en/letters/o",
        "asterisk/it/activated",
        "asterisk/it/letters/o",
    ]
    english, italian = kept["asterisk/en/letters/o"], kept["asterisk/it/letters/o"]
    assert english.text == "oh"
    assert italian.speaker == "it_IT_m_Carlo"
    assert italian.custom["item"] == english.custom["item"] == "letters/o"
    assert italian.custom["domain"] == "letters"
    assert italian.custom["fold"] == fold_of("oh")


def test_upstream_and_debian_give_the_same_bytes(tmp_path):
    one = prepare(tmp_path / "debian")
    other = prepare(tmp_path / "upstream", packing=upstream)
    for key in OUTPUTS:
        assert one[key].read_bytes() == other[key].read_bytes(), key


def test_a_fold_does_not_depend_on_the_languages_asked_for(tmp_path):
    alone = supervisions_of(prepare(tmp_path, languages=("it",)))
    assert all(s.language == "it" for s in alone.values())
    assert alone["asterisk/it/activated"].custom["fold"] == fold_of("Activated now.")


def test_sounds_that_are_no_speech_are_neither_kept_nor_rejected(tmp_path):
    outputs = prepare(tmp_path)
    assert not any("beep" in name for name in {**supervisions_of(outputs), **rejected_of(outputs)})


def test_transcripts_without_a_sound_are_messages_all_the_same(tmp_path):
    table = pd.read_parquet(prepare(tmp_path)["messages"])
    assert list(table["message_id"]) == [
        "activated",
        "activated",
        "letters/o",
        "letters/o",
        "vm-only-text",
    ]


def test_what_is_rejected_is_listed_with_its_reason(tmp_path):
    speech = g722(1.5)
    cases = {
        "empty-file": (b"", "Please hold.", "holds no audio"),
        "empty-text": (speech, "", "no transcript"),
        "no-entry": (speech, None, "no transcript"),
        "silent": (g722(1.5, amplitude=0), "Please hold.", "silent"),
        "truncated": (speech[:3000], "Please hold the line until we answer.", "too short for its"),
        "long": (g722(12), "Hold.", "too long for its"),
        "unsure": (speech, "Please [do] hold.", "ambiguous"),
    }
    sounds = {"en": SOUNDS["en"] | {name: data for name, (data, _, _) in cases.items()}}
    lines = [f"{name}: {text}\n" for name, (_, text, _) in cases.items() if text is not None]
    texts = {"en": TEXTS["en"] + "".join(lines)}
    outputs = prepare(tmp_path, sounds, texts, languages=("en",))
    rejected = rejected_of(outputs)
    assert set(rejected) == {f"asterisk/en/{name}" for name in cases}
    for name, (_, _, reason) in cases.items():
        assert reason in rejected[f"asterisk/en/{name}"]
    assert len(supervisions_of(outputs)) == 2


def test_a_language_without_recordings_or_transcripts_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"no recording in it;.*there are: en"):
        prepare(tmp_path, {"en": SOUNDS["en"]})
    with pytest.raises(DataError, match=r"no transcript in it;.*there are: en"):
        prepare(tmp_path, texts={"en": TEXTS["en"]})


def test_prompts_of_no_known_language_are_an_error(tmp_path):
    def nameless(folder, sounds, _texts):
        return [pack(folder / "sounds.archive", {"hello.g722": sounds["en"]["beep"]})]

    with pytest.raises(DataError, match=r"sounds\.archive: nothing tells the language"):
        prepare(tmp_path, packing=nameless)


def test_an_unknown_language_names_the_valid_ones():
    with pytest.raises(ValidationError, match=r"'de' is unknown; .*valid: en es fr it ru"):
        AsteriskParams(languages=("de",))


@pytest.mark.parametrize(
    ("entry", "prompt"),
    [
        (" Agent  logged off.", Prompt("Agent logged off.")),
        ("[ tono de error ]", None),
        ("<beep ascending>", None),
        ("(10 seconds of silence)", None),
        ("dash [-]", Prompt("dash")),
        ("space [ ]", Prompt("space")),
        ("[!] punto esclamativo", Prompt("punto esclamativo")),
        ('IAX (note: does not say "2")', Prompt("IAX")),
        ("(please) hold (now)", Prompt("hold")),
        ("Vous avez ces options:Pour", Prompt("Vous avez ces options:Pour")),
        ("", Prompt("")),
    ],
)
def test_only_what_is_spoken_is_text(entry, prompt):
    assert parse_entry(entry) == prompt


def test_a_transcript_keeps_colons_and_the_first_entry_that_speaks():
    data = b"; x: y\nA: [tone]\na: one: two\na: three\nno colon\n"
    assert parse_transcripts("core-sounds-en.txt", data) == {"a": Prompt("one: two")}


@pytest.mark.parametrize(
    "data",
    [b"not gzip", gzip.compress(b"a: b\n" * 99, mtime=0)[:-9], gzip.compress(b"\xff", mtime=0)],
)
def test_a_damaged_transcript_is_an_error(data):
    with pytest.raises(DataError, match="is not a transcript"):
        parse_transcripts("core-sounds-en.txt.gz", data)


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("a/sounds/fr_CA_f_June/digits/1F.g722", Sound("digits/1f", "fr", "fr_CA_f_June")),
        ("digits/1.g722", Sound("digits/1", "", "")),
        ("core-sounds-en.txt", None),
        ("digits/1.wav", None),
    ],
)
def test_names_tell_what_a_sound_is(name, sound):
    assert sound_of(name) == sound


def test_g722_decodes_to_two_samples_a_byte():
    data = g722(0.5)
    audio = decode_g722(data)
    assert audio.samples.shape == (2 * len(data),)
    assert audio.samples.dtype == np.int16
    with pytest.raises(BrokenRecordingError, match="no audio"):
        decode_g722(b"")

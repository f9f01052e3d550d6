"""Each paper's speech corpus, from a tiny copy in its makers' layout to the house's form."""

import csv

import pytest
import soundfile
from lhotse import SupervisionSet
from tests.corpora.paper.archives import laid, pitch, tar, textgrid, tone, zipped
from tests.corpora.paper.layouts import (
    ALIGNED,
    CLIPS,
    SPOKEN,
    babel,
    common_voice,
    librispeech,
    librispeech_alignments,
    ml_coco,
    mls,
    mls_alignments,
    places_audio,
    riviere_splits,
    spoken_coco,
    spoken_wikipedia,
    voxpopuli,
)

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.paper import speech
from crosstalk.corpora.paper.babel import clean, prepare_babel
from crosstalk.corpora.paper.common_voice import prepare_common_voice
from crosstalk.corpora.paper.librispeech import prepare_librispeech
from crosstalk.corpora.paper.mls import prepare_mls
from crosstalk.corpora.paper.speech import Utterance, write_speech
from crosstalk.corpora.paper.spoken_captions import (
    prepare_own_captions,
    prepare_spoken_captions,
)
from crosstalk.corpora.paper.spoken_wikipedia import (
    prepare_spoken_wikipedia,
    read_stretches,
    reader_of,
)
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.corpora.paper.voxpopuli import prepare_voxpopuli
from crosstalk.corpora.splits import fold_of, split_of
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.params.splits import SplitParams


class Prepared:
    """Places for the outputs of one job, and what is in them afterwards."""

    def __init__(self, folder, files=1):
        folder.mkdir()
        self.folder = folder
        self.outputs = {
            "audio": [folder / f"audio-{n}.flac" for n in range(files)],
            "recordings": folder / "recordings.jsonl.gz",
            "supervisions": folder / "supervisions.jsonl.gz",
            "rejected": folder / "rejected.csv",
        }

    @property
    def cuts(self):
        cuts = read_cuts(self.outputs["recordings"], self.outputs["supervisions"])
        return {cut.supervisions[0].id: cut for cut in cuts}

    @property
    def said(self):
        return {said.id: said for said in SupervisionSet.from_file(self.outputs["supervisions"])}

    @property
    def rejected(self):
        with self.outputs["rejected"].open() as file:
            return {row["id"]: row["reason"] for row in csv.DictReader(file)}

    def pitches(self):
        """Hertz of each utterance: proof that it has the audio which belongs to it."""
        return {name: pitch(cut.load_audio()[0]) for name, cut in self.cuts.items()}

    def assert_nothing_left(self):
        known = {
            path
            for out in self.outputs.values()
            for path in (out if isinstance(out, list) else [out])
        }
        assert set(self.folder.iterdir()) == known


@pytest.fixture
def prepared(tmp_path):
    return Prepared(tmp_path / "prepared")


# The house's form


def utterance(name, path, **changes):
    given = {
        "id": name,
        "language": "en",
        "speaker": "anna",
        "split": "train",
        "text": "a frog",
        "path": path,
        "start": 0.0,
        "seconds": 0.5,
        "item": name,
    }
    return Utterance(**given | changes)


def test_files_share_the_time_and_every_utterance_keeps_its_audio(tmp_path, monkeypatch):
    monkeypatch.setattr(speech, "_BATCH", 3)
    prepared = Prepared(tmp_path / "prepared", files=3)
    hertz = {f"u{n}": 200 + 100 * n for n in range(8)}
    for name, value in hertz.items():
        (tmp_path / f"{name}.flac").write_bytes(tone(value))
    given = [utterance(name, tmp_path / f"{name}.flac") for name in reversed(hertz)]
    write_speech("frogs", given, **prepared.outputs)
    assert prepared.pitches() == hertz
    assert list(prepared.cuts) == sorted(hertz)
    seconds = [soundfile.info(path).duration for path in prepared.outputs["audio"]]
    assert sum(seconds) == 4.0
    assert max(seconds) - min(seconds) <= 0.5
    assert {said.recording_id for said in prepared.said.values()} == {
        f"audio-{n}" for n in range(3)
    }


def test_custom_fields_are_those_of_the_house(tmp_path, prepared):
    (tmp_path / "a.wav").write_bytes(tone(440, 1.0, rate=8000, kind="WAV"))
    given = utterance(
        "a", tmp_path / "a.wav", start=0.25, split="test", item="pond", custom={"more": "yes"}
    )
    write_speech("frogs", [given], **prepared.outputs)
    (said,) = prepared.said.values()
    assert said.custom == {
        "split": "test",
        "fold": fold_of("a frog"),
        "item": "pond",
        "phonemes": "ɐ f ɹ ɑː ɡ",
        "original_sample_rate": 8000,
        "more": "yes",
    }
    assert (said.duration, said.channel, said.alignment) == (0.5, 0, None)
    assert prepared.pitches() == {"a": 440}


def test_a_language_that_espeak_does_not_speak_has_no_phones(tmp_path, prepared):
    (tmp_path / "a.flac").write_bytes(tone(440))
    write_speech("x", [utterance("a", tmp_path / "a.flac", language="ceb")], **prepared.outputs)
    assert prepared.said["a"].custom["phonemes"] == ""


def test_what_cannot_be_used_is_rejected_with_the_reason(tmp_path, prepared):
    (tmp_path / "good.flac").write_bytes(tone(440))
    (tmp_path / "bad.flac").write_bytes(tone(440)[:200])
    given = [
        utterance("good", tmp_path / "good.flac"),
        utterance("broken", tmp_path / "bad.flac"),
        utterance("absent", tmp_path / "none.flac"),
        utterance("silent", tmp_path / "good.flac", text=""),
        utterance("short", tmp_path / "good.flac", seconds=0.05),
        utterance("beyond", tmp_path / "good.flac", seconds=5.0),
    ]
    write_speech("frogs", given, **prepared.outputs)
    assert list(prepared.cuts) == ["good"]
    assert prepared.rejected == {
        "broken": "the file cannot be decoded",
        "absent": "the file cannot be decoded",
        "silent": "no transcript",
        "short": "too short for any word",
        "beyond": "the file ends too early",
    }


def test_same_utterances_give_the_same_bytes(tmp_path):
    (tmp_path / "a.flac").write_bytes(tone(440))
    places = [Prepared(tmp_path / name) for name in ("one", "two")]
    for place in places:
        write_speech("frogs", [utterance("a", tmp_path / "a.flac")], **place.outputs)
    one, two = ({p.name: p.read_bytes() for p in place.folder.iterdir()} for place in places)
    assert one == two


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda path: [], "frogs has no utterance that can be used"),
        (lambda path: [utterance("a", path, text="")], "the first because: no transcript"),
        (lambda path: [utterance("a", path)] * 2, "has utterance a twice"),
    ],
)
def test_a_corpus_of_nothing_is_an_error(given, says, tmp_path, prepared):
    with pytest.raises(DataError, match=says):
        write_speech("frogs", given(tmp_path / "a.flac"), **prepared.outputs)


# Unpacking


def test_archives_are_unpacked_for_one_job_alone(tmp_path):
    left = tmp_path / "out" / "unpacked" / "left"
    left.mkdir(parents=True)
    archives = [
        tar(tmp_path / "a.tar.gz", {"a/one": b"1"}),
        tar(tmp_path / "b.tar", {"a/two": b"2"}, mode="w"),
        zipped(tmp_path / "c.zip", {"a/three": b"3"}),
    ]
    with unpacked(archives, tmp_path / "out" / "audio.flac") as folder:
        assert sorted(path.name for path in (folder / "a").iterdir()) == ["one", "three", "two"]
        assert not left.exists()
    assert not folder.exists()


def test_an_archive_cannot_write_elsewhere(tmp_path):
    with (
        pytest.raises(DataError, match="is not a complete archive"),
        unpacked([tar(tmp_path / "a.tar", {"../evil": b"x"})], tmp_path / "out" / "a"),
    ):
        pass
    assert not (tmp_path / "out" / "evil").exists()


def test_a_cut_archive_is_named(tmp_path):
    whole = tar(tmp_path / "a.tar.gz", {"a": tone(300)}).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[:-100])
    with (
        pytest.raises(DataError, match=r"a\.tar\.gz is not a complete archive"),
        unpacked([tmp_path / "a.tar.gz"], tmp_path / "out" / "a"),
    ):
        pass


# LibriSpeech


@pytest.fixture
def dev_clean(tmp_path):
    return tar(tmp_path / "dev-clean.tar.gz", librispeech())


def test_librispeech_has_official_splits_and_aligned_words(dev_clean, tmp_path, prepared):
    grids = zipped(tmp_path / "alignments.zip", librispeech_alignments("dev-clean"))
    prepare_librispeech(
        cfg=Part(split="dev"), part="dev-clean", archives=[dev_clean, grids], **prepared.outputs
    )
    assert prepared.pitches() == {"84-121123-0000": 300, "84-121123-0001": 400}
    first, second = prepared.said.values()
    assert (first.text, first.language, first.speaker) == ("a frog", "en", "librispeech-84")
    assert first.custom["split"] == second.custom["split"] == "dev"
    words = [(w.symbol, w.start - first.start, w.duration) for w in first.alignment["word"]]
    assert words == [("a", 0.1, 0.2), ("frog", 0.3, 0.2)]
    assert second.alignment is None  # the aligner gave up on it
    prepared.assert_nothing_left()


def test_word_times_move_with_the_utterance(dev_clean, tmp_path, prepared):
    names = [f"84-121123-000{n}" for n in range(2)]
    grids = zipped(tmp_path / "g.zip", {f"x/{n}.TextGrid": textgrid(SPOKEN, 0.5) for n in names})
    prepare_librispeech(
        cfg=Part(), part="dev-clean", archives=[dev_clean, grids], **prepared.outputs
    )
    second = prepared.said["84-121123-0001"]
    assert second.start == 0.5
    assert [w.start for w in second.alignment["word"]] == [0.6, 0.8]


def test_another_subset_is_named(dev_clean, prepared):
    with pytest.raises(DataError, match="hold no subset test-clean of LibriSpeech"):
        prepare_librispeech(cfg=Part(), part="test-clean", archives=[dev_clean], **prepared.outputs)


# Multilingual LibriSpeech


@pytest.fixture
def french(tmp_path):
    return tar(tmp_path / "mls_french_opus.tar.gz", mls())


def test_mls_has_its_three_splits_and_words_of_a_folder(french, tmp_path, prepared):
    prepare_mls(
        cfg=Part(language="fr"),
        part="french",
        alignments=str(laid(tmp_path / "grids", mls_alignments())),
        archives=[french],
        **prepared.outputs,
    )
    splits = {name: said.custom["split"] for name, said in prepared.said.items()}
    assert splits == {
        "10_20_00000300": "train",
        "11_20_00000400": "dev",
        "11_20_00000500": "test",
    }
    assert set(prepared.pitches().values()) == {300, 400, 500}
    train = prepared.said["10_20_00000300"]
    assert (train.language, train.speaker) == ("fr", "mls-10")
    assert [w.symbol for w in train.alignment["word"]] == ["une", "grenouille"]
    prepared.assert_nothing_left()


@pytest.mark.parametrize(
    ("part", "alignments", "says"),
    [("german", "", "hold french of MLS, not german"), ("french", "none", "has no TextGrid")],
)
def test_what_mls_lacks_is_named(part, alignments, says, french, tmp_path, prepared):
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=says):
        prepare_mls(
            cfg=Part(),
            part=part,
            alignments=alignments and str(tmp_path / alignments),
            archives=[french],
            **prepared.outputs,
        )


# Spoken Wikipedia


def test_stretches_break_where_a_word_has_no_time_and_nowhere_else():
    found = [[w.text for w in words] for words in read_stretches("a", ALIGNED.encode())]
    assert found == [["Frösche"], ["im", "Jahr", "zwölf", "Uhr"], ["so"]]


@pytest.mark.parametrize(
    ("metadata", "reader"),
    [
        ("|user_name  = Anna B. \n|gender = f\n", "anna b."),
        ("reader = Bert\n", "bert"),
        ("|user_name = \n", "Frog"),
        ("", "Frog"),
    ],
)
def test_readers_are_known_by_name_or_by_article(metadata, reader):
    assert reader_of(metadata, "Frog") == reader


def swc(prepared, **changes):
    prepare_spoken_wikipedia(
        cfg=Part(language="de"),
        part="german",
        archives=[
            tar(prepared.folder.parent / "SWC_German.tar", spoken_wikipedia(**changes), mode="w")
        ],
        splits=SplitParams(),
        **prepared.outputs,
    )


def test_wikipedia_takes_each_stretch_from_the_file_in_which_it_is(prepared):
    swc(prepared)
    assert prepared.pitches() == {
        "swc-de/Frog/00001000": 300,
        "swc-de/Frog/00003000": 500,
    }  # the stretch of `so` is too short
    said = prepared.said["swc-de/Frog/00003000"]
    assert (said.text, said.speaker) == ("im Jahr zwölf Uhr", "swc-anna")
    assert said.custom["split"] == split_of(fold_of("anna"), SplitParams())
    words = [(w.symbol, round(w.start - said.start, 3)) for w in said.alignment["word"]]
    assert words == [("im", 0.0), ("jahr", 0.5), ("zwölf", 1.0), ("uhr", 1.4)]


def test_a_stretch_in_two_files_is_left_out(prepared):
    swc(prepared, offsets=(0.0, 3.2))
    assert list(prepared.cuts) == ["swc-de/Frog/00001000"]


@pytest.mark.parametrize("aligned", ["<article>", ALIGNED.replace('"3000"', '"soon"')])
def test_a_broken_alignment_is_named(aligned, prepared):
    with pytest.raises(DataError, match=r"Frog/aligned\.swc is not an alignment"):
        swc(prepared, aligned=aligned)


# Common Voice


@pytest.fixture
def lists(tmp_path):
    return tar(tmp_path / "common_voices_splits.tar.gz", riviere_splits("es", "fr"))


@pytest.mark.parametrize("extension", [".mp3", ""])
@pytest.mark.parametrize("way", ["folder", "archive"])
def test_common_voice_follows_riviere(way, extension, lists, tmp_path, prepared):
    files, folder, archives = common_voice(extension), "", [lists]
    if way == "archive":
        inner = {f"cv-corpus-4/es/{name}": data for name, data in files.items()}
        archives.append(tar(tmp_path / "es.tar.gz", inner))
    else:
        folder = str(laid(tmp_path / "es", files))
    prepare_common_voice(
        cfg=Part(language="es"), part="es", folder=folder, archives=archives, **prepared.outputs
    )
    said = {name[-1]: each for name, each in prepared.said.items()}
    assert {name: each.custom["split"] for name, each in said.items()} == {
        "a": "train",
        "b": "test",
        "c": "dev",
        "d": "train",
    }
    assert said["a"].custom["riviere"] == "train_1h train_5h"
    assert said["a"].custom["riviere_phones"] == "3 11 4"
    assert "riviere" not in said["d"].custom
    assert said["d"].text == said["d"].custom["item"] == 'Dijo "rana'
    assert {name[-1]: hertz for name, hertz in prepared.pitches().items()} == CLIPS
    assert said["a"].custom["original_sample_rate"] == 32000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"validated.tsv": None}, r"validated\.tsv is not there"),
        ({"validated.tsv": b"client_id\tpath\nanna\ta.mp3\n"}, "no utterance that can be used"),
        ({"validated.tsv": b"path\tsentence\na.mp3\thola\n"}, "lacks a client_id"),
    ],
)
def test_a_locale_that_is_not_whole_is_named(change, says, lists, tmp_path, prepared):
    files = {name: data for name, data in (common_voice() | change).items() if data is not None}
    with pytest.raises(DataError, match=says):
        prepare_common_voice(
            cfg=Part(language="es"),
            part="es",
            folder="",
            archives=[lists, tar(tmp_path / "es.tar.gz", {f"es/{n}": d for n, d in files.items()})],
            **prepared.outputs,
        )


# Babel


def test_babel_reads_sphere_without_other_programs(tmp_path, prepared):
    transcript = "[0.0]\n<no-speech>\n[0.5]\nmerhaba <hes> (()) nasılsın\n[1.5]\n<cough>\n[2.5]\n"
    folder = laid(tmp_path / "LDC2016S10", babel(transcript))
    prepare_babel(cfg=Part(language="tr"), part="turkish", folder=str(folder), **prepared.outputs)
    said = list(prepared.said.values())
    assert [(each.text, each.custom["split"], each.duration) for each in said] == [
        ("merhaba nasılsın", "train", 1.0),
        ("merhaba nasılsın", "test", 1.0),
    ]
    assert list(prepared.pitches().values()) == [300, 500]
    assert said[0].custom["original_sample_rate"] == 8000
    assert set(prepared.rejected.values()) == {"no transcript"}
    prepared.assert_nothing_left()


@pytest.mark.parametrize(
    ("transcript", "text"),
    [("<hes> a <noise>b", "a b"), ("<unk> (()) ~", ""), ("iy*misin", "iy misin")],
)
def test_marks_are_no_words(transcript, text):
    assert clean(transcript) == text


def test_a_folder_that_is_no_pack_is_named(tmp_path, prepared):
    with pytest.raises(DataError, match="has no folder `conversational`"):
        prepare_babel(cfg=Part(), part="lao", folder=str(tmp_path), **prepared.outputs)
    (tmp_path / "conversational" / "dev" / "audio").mkdir(parents=True)
    (tmp_path / "conversational" / "dev" / "audio" / "a.sph").write_bytes(b"NIST_1A\n shorten")
    with pytest.raises(DataError, match="convert it with sph2pipe"):
        prepare_babel(cfg=Part(), part="lao", folder=str(tmp_path), **prepared.outputs)


# VoxPopuli


def test_voxpopuli_cuts_segments_out_of_sessions(tmp_path, prepared):
    laid(tmp_path, voxpopuli())
    prepare_voxpopuli(cfg=Part(language="en"), part="en", folder=str(tmp_path), **prepared.outputs)
    said = list(prepared.said.values())
    assert [each.custom["split"] for each in said] == ["train", "dev", "test"]
    assert {(each.text, each.speaker, each.duration) for each in said} == {
        ("a frog", "voxpopuli-7", 0.5)
    }
    prepared.assert_nothing_left()


def test_missing_annotations_are_named_and_not_downloaded(tmp_path, prepared):
    with pytest.raises(DataError, match=r"asr_en\.tsv\.gz is not there"):
        prepare_voxpopuli(cfg=Part(), part="en", folder=str(tmp_path), **prepared.outputs)


# Spoken captions


@pytest.mark.parametrize("source", ["spoken_coco", "places_audio"])
def test_captions_know_their_picture(source, tmp_path, prepared):
    files = {"spoken_coco": spoken_coco, "places_audio": places_audio}[source]()
    prepare_spoken_captions(
        cfg=Part(), source=source, archives=[tar(tmp_path / "a.tar.gz", files)], **prepared.outputs
    )
    said = {name[-1]: each for name, each in prepared.said.items()}
    assert {n: (each.custom["item"], each.custom["split"]) for n, each in said.items()} == {
        "1": ("train2014/1.jpg", "train"),
        "2": ("train2014/1.jpg", "train"),
        "3": ("val2014/2.jpg", "dev"),
    }
    assert {name[-1]: hertz for name, hertz in prepared.pitches().items()} == {
        "1": 300,
        "2": 400,
        "3": 500,
    }


def test_own_captions_are_listed_as_those_of_spoken_coco(machine, monkeypatch, prepared):
    monkeypatch.setenv("CROSSTALK_CORPORA", str(machine))
    laid(machine / "ml_coco/fr", ml_coco())
    prepare_own_captions(
        cfg=Part(language="fr"), source="ml_coco", folder="ml_coco/fr", **prepared.outputs
    )
    (said,) = prepared.said.values()
    assert (said.text, said.language) == ("Une grenouille", "fr")
    assert said.custom["item"] == "train2014/1.jpg"
    assert list(prepared.pitches().values()) == [300]


def test_a_list_in_another_form_is_named(tmp_path, prepared):
    archive = tar(tmp_path / "a.tar.gz", {"SpokenCOCO/SpokenCOCO_train.json": b'{"data": [{}]}'})
    with pytest.raises(DataError, match=r"SpokenCOCO_train\.json is not a list of spoken_coco"):
        prepare_spoken_captions(
            cfg=Part(), source="spoken_coco", archives=[archive], **prepared.outputs
        )

"""Messages to spoken corpus: who says what, and that it is written alike every time."""

import resource
from itertools import product

import lhotse
import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
from lhotse import RecordingSet, SupervisionSet

from crosstalk.corpora.schemas import write_messages
from crosstalk.corpora.splits import split_of
from crosstalk.errors import CrosstalkError, DataError
from crosstalk.params.speech import FeatureParams, SpokenParams
from crosstalk.params.splits import SplitParams
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.extraction import extract_utterances
from crosstalk.speech.reading import RATE, _resample
from crosstalk.speech.spoken import choose, speak_messages, speakers, spoken_words, voices_of
from crosstalk.speech.synthesis import SAMPLE_RATE
from crosstalk.speech.utterances import Utterances

SPLITS = SplitParams()

SENTENCES = [
    "The king of the north is here, and we shall not yield!",
    "Who goes there?",
    "I see an elf; he's well-known.",
]


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """One English message a fold, and a French one that must not be spoken."""
    path = tmp_path_factory.mktemp("messages") / "messages.parquet"
    names = ["".join(letters) for letters in product("bdfgklmnprst", "aeiou", "lmnr")]
    rows = [
        ("en", fold, f"test/{fold:03}", f"{SENTENCES[fold % len(SENTENCES)]} {names[fold]}")
        for fold in range(100)
    ]
    rows.append(("fr", 1, "test/001", "Le roi du nord est ici."))
    rows.append(("en", 3, "test/x", "Alone"))
    table = pd.DataFrame(
        {
            "message_id": [row[2] for row in rows],
            "source": "test",
            "domain": "test",
            "language": [row[0] for row in rows],
            "text": [row[3] for row in rows],
            "fold": np.array([row[1] for row in rows], dtype=np.uint8),
        }
    ).sort_values(["message_id", "language"], ignore_index=True)
    write_messages(table, path)
    return path


def speak(messages, folder, workers=1, seed=0, language="en", **options):
    folder.mkdir()
    files = {
        "audio": folder / "audio.flac",
        "recordings": folder / "recordings.jsonl.gz",
        "supervisions": folder / "supervisions.jsonl.gz",
    }
    cfg = SpokenParams(max_train_words=150, max_test_words=60, **options)
    given = {"cfg": cfg, "splits": SPLITS, "language": language, "seed": seed, "workers": workers}
    speak_messages(messages=messages, **given, **files)
    return files


@pytest.fixture(scope="module")
def corpus(messages, tmp_path_factory):
    return speak(messages, tmp_path_factory.mktemp("spoken") / "a")


def test_manifests_are_valid_and_complete(corpus):
    (recording,) = RecordingSet.from_file(corpus["recordings"])
    info = soundfile.info(corpus["audio"])
    assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
    assert recording.num_samples == info.frames
    assert recording.sources[0].source == "audio.flac"
    supervisions = SupervisionSet.from_segments(SupervisionSet.from_file(corpus["supervisions"]))
    lhotse.validate(supervisions)
    position = 0.0
    for supervision in supervisions:
        assert supervision.start == pytest.approx(position, abs=1e-6)
        position = supervision.end
        words = supervision.alignment["word"]
        assert supervision.text == " ".join(word.symbol for word in words)
        assert supervision.start <= words[0].start
        assert max(word.end for word in words) <= supervision.end + 1e-4
    assert position == pytest.approx(info.duration, abs=1e-6)


def test_training_speaks_odd_folds_and_test_all_with_other_voices(corpus):
    heard = {}
    for supervision in SupervisionSet.from_file(corpus["supervisions"]):
        fold, split = supervision.custom["fold"], supervision.custom["split"]
        assert split == split_of(fold, SPLITS)
        assert split != "train" or fold % 2 == 1
        heard.setdefault(split, set()).add(supervision.speaker.rpartition(".")[0])
    cfg = SpokenParams()
    assert heard["train"] <= set(voices_of("train", "en", cfg))
    assert heard["test"] | heard["dev"] <= set(voices_of("test", "en", cfg))
    assert [voices_of("test", code, cfg)[0] for code in ("de", "fr")] == ["de+f3", "fr-fr+f3"]


def test_bytes_depend_on_seed_but_not_on_workers_or_run(corpus, messages, tmp_path):
    again = speak(messages, tmp_path / "b", workers=2)
    other = speak(messages, tmp_path / "c", seed=1)
    for name, path in corpus.items():
        assert again[name].read_bytes() == path.read_bytes()
    assert other["audio"].read_bytes() != corpus["audio"].read_bytes()


def test_segments_of_an_utterance_fit_into_it(corpus, tmp_path):
    path, truth = tmp_path / "utterances.safetensors", tmp_path / "words.safetensors"
    extract_utterances(
        cfg=FeatureParams(),
        recordings=corpus["recordings"],
        supervisions=corpus["supervisions"],
        audio=[corpus["audio"]],
        utterances=path,
        words=truth,
    )
    utterances, words = Utterances.load(path), Segmentation.load(truth)
    supervisions = list(SupervisionSet.from_file(corpus["supervisions"]))
    assert np.diff(utterances.offsets).tolist() == [round(s.duration * 100) for s in supervisions]
    said = [word.symbol for s in supervisions for word in s.alignment["word"]]
    assert [utterances.vocabulary[i] for i in utterances.word] == said
    assert np.isfinite(utterances.frames).all()
    assert len(words) == len(utterances.words_of("train"))


def test_spoken_words_keep_pauses_but_are_the_tokens():
    assert spoken_words(SENTENCES[0], "en") == [
        *["the", "king", "of", "the", "north", "is", "here,", "and", "we", "shall", "not", "yield."]
    ]
    assert spoken_words(SENTENCES[1], "en")[-1] == "there?"
    assert spoken_words("“Halt”… (he said) — stop", "en") == ["halt.", "he", "said,", "stop"]


def test_word_limits_keep_whole_messages_in_order(messages):
    everything = choose(messages, "en", SpokenParams(), SPLITS, 0)
    few = choose(messages, "en", SpokenParams(max_train_words=30), SPLITS, 0)
    ids = [message.id for message in everything]
    assert "test/x" not in ids  # one word
    assert [m.id for m in few] == [i for i in ids if i in {m.id for m in few}]
    words = sum(len(m.words) for m in few if m.split == "train")
    assert 30 <= words < 30 + 13
    assert [m for m in few if m.split != "train"] == [m for m in everything if m.split != "train"]


def test_speakers_of_a_voice_differ_within_the_ranges():
    cfg = SpokenParams(speakers_per_voice=20, rate=(150, 190), pitch=(40, 60))
    pool = speakers(["en-us+f1"], cfg, seed=0)
    assert len({speaker.name for speaker in pool}) == 20
    assert len({(speaker.rate, speaker.pitch) for speaker in pool}) > 15
    assert all(150 <= s.rate <= 190 and 40 <= s.pitch <= 60 for s in pool)
    assert pool == speakers(["en-us+f1"], cfg, seed=0) != speakers(["en-us+f1"], cfg, seed=1)


def test_a_language_without_messages_is_an_error(messages, tmp_path):
    with pytest.raises(DataError, match=r"messages\.parquet holds nothing to speak in 'de'"):
        speak(messages, tmp_path / "de", language="de")


def test_a_disk_that_fills_up_is_one_clear_line(messages, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limit[1]))
    try:
        with pytest.raises(CrosstalkError, match=r"audio\.flac cannot be written .*disk full"):
            speak(messages, tmp_path / "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_voices": ("f3", "m1")}, "share f3"),
        ({"rate": (200, 150)}, "rate must rise within 80 to 450"),
        ({"pitch": (10, 100)}, "pitch must rise within 0 to 99"),
        ({"min_words": 50, "max_words": 40}, "min_words 50 exceeds max_words 40"),
    ],
)
def test_impossible_parameters_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SpokenParams(**options)


def test_samples_are_rounded_not_dithered():
    """Integers that soxr dithers, by the clock, lie up to 1.5 steps from the exact value."""
    noise = np.random.default_rng(0).normal(0, 3000, 132_400).astype(np.int16)
    exact = soxr.resample(noise.astype(np.float64), SAMPLE_RATE, RATE)
    assert np.abs(_resample(noise) - exact).max() < 0.51

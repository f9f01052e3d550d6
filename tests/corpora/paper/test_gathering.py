"""Parts of corpora become speech and text that have no sentence in common."""

import numpy as np
import pytest
import soundfile
from lhotse import RecordingSet, SupervisionSet
from lhotse.supervision import AlignmentItem

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.paper.gathering import gather_speech
from crosstalk.corpora.paper.speech import Utterance, write_speech
from crosstalk.corpora.splits import fold_of, training_half
from crosstalk.errors import DataError
from crosstalk.params.speech import FeatureParams
from crosstalk.params.splits import SplitParams
from crosstalk.speech.extraction import extract_utterances
from crosstalk.speech.utterances import Utterances

TEXTS = [
    f"frog number {word}"
    for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
]


def part(folder, name, split, texts, aligned=True):
    """Write a prepared part whose every utterance says three words."""
    folder.mkdir(exist_ok=True)
    source = folder / f"{name}.wav"
    soundfile.write(source, np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
    words = [AlignmentItem(w, 0.3 * n, 0.3) for n, w in enumerate(("frog", "number", "x"))]
    write_speech(
        name,
        [
            Utterance(
                f"{name}-{n}",
                "en",
                name,
                split,
                text,
                source,
                0.0,
                1.0,
                text,
                words if aligned else (),
            )
            for n, text in enumerate(texts)
        ],
        audio=[folder / f"{name}-000.flac"],
        recordings=folder / f"{name}.recordings.jsonl.gz",
        supervisions=folder / f"{name}.supervisions.jsonl.gz",
        rejected=folder / f"{name}.csv",
    )
    return name


def gather(folder, *names):
    outputs = {
        "recordings": folder / "recordings.jsonl.gz",
        "supervisions": folder / "supervisions.jsonl.gz",
        "messages": folder / "messages.parquet",
    }
    gather_speech(
        source="en",
        heard=[folder / f"{name}.recordings.jsonl.gz" for name in names],
        said=[folder / f"{name}.supervisions.jsonl.gz" for name in names],
        **outputs,
    )
    return outputs


def test_no_training_sentence_is_both_heard_and_read(tmp_path):
    part(tmp_path, "train", "train", TEXTS)
    part(tmp_path, "test", "test", TEXTS[:2])
    out = gather(tmp_path, "train", "test")
    said = list(SupervisionSet.from_file(out["supervisions"]))
    heard = {s.text for s in said if s.custom["split"] == "train"}
    assert heard == {text for text in TEXTS if fold_of(text) % 2}
    assert {s.text for s in said if s.custom["split"] == "test"} == set(TEXTS[:2])
    messages = read_messages(out["messages"])
    assert set(messages["text"]) == set(TEXTS)  # of training alone
    read = set(training_half(messages, "written", SplitParams())["text"])
    assert read
    assert not read & heard


def test_features_are_extracted_from_several_files(tmp_path):
    for name, split in (("train", "train"), ("test", "test")):
        part(tmp_path, name, split, TEXTS)
    out = gather(tmp_path, "train", "test")
    assert [r.id for r in RecordingSet.from_file(out["recordings"])] == ["train-000", "test-000"]
    extract_utterances(
        cfg=FeatureParams(),
        recordings=out["recordings"],
        supervisions=out["supervisions"],
        audio=[tmp_path / "train-000.flac", tmp_path / "test-000.flac"],
        utterances=tmp_path / "utterances.safetensors",
        words=tmp_path / "words.safetensors",
    )
    utterances = Utterances.load(tmp_path / "utterances.safetensors")
    heard = sum(fold_of(text) % 2 for text in TEXTS)
    assert len(utterances.words_of("train")) == 3 * heard
    assert len(utterances.words_of("test")) == 3 * len(TEXTS)


@pytest.mark.parametrize(
    ("names", "aligned", "says"),
    [
        (["train", "train"], True, "share a recording"),
        (["train"], False, "no training utterance of en has words with times"),
        (["train"], True, "no test utterance of en has words with times"),
    ],
)
def test_what_cannot_be_gathered_is_named(names, aligned, says, tmp_path):
    part(tmp_path, "train", "train", TEXTS, aligned)
    with pytest.raises(DataError, match=says):
        gather(tmp_path, *names)

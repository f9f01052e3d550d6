"""Phones of recordings as a stage, against a synthesiser that knows where they are."""

import numpy as np
import pandas as pd
import pytest
from lhotse import SupervisionSegment

from crosstalk.corpora.manifests import FlacWriter, write_manifest
from crosstalk.corpora.messages import Message, message_table
from crosstalk.corpora.schemas import write_messages
from crosstalk.errors import DataError
from crosstalk.params.ctc_alignment import CtcAlignmentParams
from crosstalk.params.monophones import MonophoneParams
from crosstalk.params.packed import PackParams
from crosstalk.params.xlsr import (
    ContextParams,
    EncoderParams,
    ObjectiveParams,
    QuantiserParams,
    XlsrModelParams,
)
from crosstalk.results.metrics import read_metrics
from crosstalk.segmentation.phones import (
    align_phones,
    by_ctc,
    by_monophones,
    distance_from_truth,
    read_captions,
    read_phones,
)
from crosstalk.speech.reading import Request, Speaker, read_aloud

CFG = MonophoneParams(rounds=6, check_words=40)
CTC = CtcAlignmentParams(updates=200, batch_seconds=8, learning_rate=2e-3)
PACK = PackParams(features="log_mel", mel_bins=40)
NETWORK = XlsrModelParams(
    encoder=EncoderParams(inputs=40, channels=(64, 64), kernels=(3, 3), strides=(2, 1), norm="layer",
                          bias=True, gradient_scale=1.0),
    context=ContextParams(dimension=64, layers=2, heads=2, feed_forward=128, pre_norm=True,
                          position_kernel=15, dropout=0, layer_drop=0),
    quantiser=QuantiserParams(entries=8, dimension=16),
    objective=ObjectiveParams(dimension=16),
)  # fmt: skip
NOUNS = "chat chien cheval poisson pomme citron bateau train voiture maison fleur arbre".split()  # noqa: SIM905
COLOURS = "rouge blanc vert jaune noir".split()  # noqa: SIM905
TEXTS = [["un", noun, colour] for noun in NOUNS for colour in COLOURS]


def test_boundaries_of_synthetic_speech_are_found():
    """Sixty captions: most starts within 50 ms, half within 20; chance is far from that."""
    distance = distance_from_truth(
        *read_captions(TEXTS, "fr"), lambda spoken: by_monophones(spoken, CFG)
    )
    assert len(distance) > 400
    assert np.median(distance) < 25
    assert (distance <= 50).mean() > 0.8


def test_ctc_finds_them_as_well():
    """Half within 30 ms after seconds of training: more speech and updates come nearer."""
    distance = distance_from_truth(
        *read_captions(TEXTS, "fr"), lambda spoken: by_ctc(spoken, CTC, NETWORK, PACK)
    )
    assert len(distance) > 400
    assert np.median(distance) < 30
    assert (distance <= 50).mean() > 0.7


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    """Training state of one test is out of sight of the others."""
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")


@pytest.fixture
def corpus(tmp_path):
    """Thirty captions spoken, as prepared corpora are; their true phones beside them."""
    speaker = Speaker("s", "fr-fr+f1", 160, 50)
    texts = TEXTS[::2]
    readings = list(read_aloud([Request(text, speaker) for text in texts], workers=1))
    segments = []
    with FlacWriter(tmp_path / "audio.flac") as flac:
        for number, (text, reading) in enumerate(zip(texts, readings, strict=True)):
            start = flac.append(reading.samples)
            phones = " ".join(phone.symbol for phone in reading.phones)
            segments.append(
                SupervisionSegment(
                    f"u{number}", "r", start, len(reading.samples) / 16000, text=" ".join(text),
                    language="fr", speaker="s", custom={"phonemes": phones},
                )
            )  # fmt: skip
        write_manifest(tmp_path / "recordings.jsonl.gz", [flac.recording("r")])
    write_manifest(tmp_path / "supervisions.jsonl.gz", segments)
    messages = [Message(f"m{i}", "d", "fr", " ".join(t), f"m{i}") for i, t in enumerate(TEXTS)]
    write_messages(message_table("s", messages), tmp_path / "messages.parquet")
    return tmp_path, readings


def stage(folder, audio="audio.flac", languages=("fr",), aligner="monophones"):
    align_phones(
        cfg=CFG,
        ctc=CTC.model_copy(update={"updates": 10}),
        network=NETWORK,
        pack=PACK,
        aligner=aligner,
        languages=list(languages),
        recordings=[folder / "recordings.jsonl.gz"],
        supervisions=[folder / "supervisions.jsonl.gz"],
        audio=[folder / audio],
        messages=folder / "messages.parquet",
        phones=folder / "phones",
        measures=folder / "measures",
    )


@pytest.mark.parametrize("aligner", ["monophones", "ctc"])
def test_the_stage_writes_the_phones_of_every_recording_in_order(corpus, aligner):
    folder, readings = corpus
    stage(folder, aligner=aligner)
    phones = read_phones(folder / "phones")
    distances = []
    for number, reading in enumerate(readings):
        found = phones[phones["utterance"] == f"u{number}"]
        assert found["phone"].tolist() == [phone.symbol for phone in reading.phones]
        assert (found["end"] > found["start"]).all()
        assert found["start"].is_monotonic_increasing
        truth = np.array([phone.start for phone in reading.phones])
        distances.append(abs(found["start"].to_numpy() - truth))
    if aligner == "monophones":  # which need no training
        assert np.median(np.concatenate(distances)) < 0.03
    measures = read_metrics(folder / "measures").set_index(["row", "column"])["value"]
    for name in ("monophones", "ctc"):
        found = measures[name]
        assert found["within 20 ms (%)"] <= found["within 50 ms (%)"] <= 100


def test_what_is_missing_is_named(corpus):
    folder, _ = corpus
    (folder / "other.flac").touch()
    with pytest.raises(DataError, match=r"the audio of u0 was not given: pass audio\.flac"):
        stage(folder, audio="other.flac")
    with pytest.raises(DataError, match="no recording in 'ru'"):
        stage(folder, languages=("ru",))
    pd.DataFrame({"x": [1]}).to_parquet(folder / "phones")
    with pytest.raises(DataError, match="has columns x"):
        read_phones(folder / "phones")

"""Stages on planted words: what they recover, what they promise, and what they refuse."""

import json

import numpy as np
import pytest
from tests.segmentation.planted import planted

from crosstalk.errors import DataError
from crosstalk.params.segmentation import (
    BESGMMParams,
    ChunkParams,
    EmbeddingParams,
    ESKMeansParams,
    RecurrenceParams,
    SegmentationParams,
    SyllableParams,
)
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.segmentation.scores import count_agreement, rates
from crosstalk.segmentation.segment import (
    segment_bes_gmm,
    segment_equally,
    segment_es_kmeans,
    segment_sylseg,
)
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import load_stage

COMMON = {"syllables": SyllableParams(), "shift_ms": 10.0}
EMBEDDED = {**COMMON, "embedding": EmbeddingParams(), "seed": 0}
STAGES = {
    "sylseg": (segment_sylseg, {**EMBEDDED, "recurrence": RecurrenceParams(clusters=20)}),
    "es_kmeans": (segment_es_kmeans, {**EMBEDDED, "cfg": ESKMeansParams(clusters=8)}),
    "bes_gmm": (segment_bes_gmm, {**EMBEDDED, "cfg": BESGMMParams(components=8)}),
    "chunks": (segment_equally, {**COMMON, "cfg": ChunkParams()}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Planted utterances, a fifth of them test, and the segmentation of each row."""
    folder = tmp_path_factory.mktemp("planted")
    corpus = planted(utterances=75, splits=("train", "train", "test", "train", "train"))
    corpus.save(folder / "utterances")
    for name, (stage, options) in STAGES.items():
        stage(**options, utterances=folder / "utterances", segmentation=folder / name)
    never = RecurrenceParams(clusters=1, min_count=10**6)
    segment_sylseg(
        **EMBEDDED,
        recurrence=never,
        utterances=folder / "utterances",
        segmentation=folder / "syllables",
    )
    return folder


def totals(folder, name):
    """Rates of boundaries and of word tokens over the training utterances."""
    corpus, found = Utterances.load(folder / "utterances"), Segmentation.load(folder / name)
    train = corpus.words_of("train")
    counts = count_agreement(
        np.stack((found.first, found.last), axis=1),
        np.stack((corpus.word_first, corpus.word_last), axis=1)[train],
        corpus.offsets,
        tolerance=2,
    )
    sums = [int(count.sum()) for count in counts]
    return rates(*sums[:3]), rates(*sums[3:])


@pytest.mark.parametrize("name", ["es_kmeans", "bes_gmm", "sylseg"])
def test_planted_words_are_found_better_than_by_chance(folder, name):
    chance, chance_words = totals(folder, "chunks")
    boundaries, words = totals(folder, name)
    assert boundaries.f1 > chance.f1 + 0.1
    assert words.f1 > chance_words.f1 + 0.1


@pytest.mark.parametrize("name", ["es_kmeans", "bes_gmm"])
def test_most_planted_boundaries_are_found_and_not_merely_the_syllables(folder, name):
    syllables, syllable_words = totals(folder, "syllables")
    boundaries, words = totals(folder, name)
    assert boundaries.recall > 0.85
    assert boundaries.r_value > syllables.r_value + 0.2
    assert words.f1 > syllable_words.f1 + 0.15


@pytest.mark.parametrize("name", STAGES)
def test_segments_are_whole_frames_in_order_inside_training_utterances(folder, name):
    corpus = Utterances.load(folder / "utterances")
    found = Segmentation.load(folder / name)
    assert found.first.dtype == found.last.dtype == np.int64
    assert (found.last > found.first).all()
    assert (found.first[1:] >= found.last[:-1]).all()
    owner = corpus.utterance_of(found.first)
    assert (owner == corpus.utterance_of(found.last - 1)).all()
    assert set(owner) == set(np.flatnonzero(corpus.split == 0))
    for first, last in zip(found.first, found.last, strict=True):
        assert (corpus.energy[first:last] < -60).sum() < 12  # no pause in a word


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_repeats_itself_and_hears_no_words(folder, name, tmp_path):
    corpus = Utterances.load(folder / "utterances")
    parts = vars(corpus) | {
        name: getattr(corpus, name)[:1] for name in ("word", "word_first", "word_last")
    }
    Utterances(**parts).save(tmp_path / "wordless")
    stage, options = STAGES[name]
    stage(**options, utterances=tmp_path / "wordless", segmentation=tmp_path / name)
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_the_seed_matters(folder, tmp_path):
    stage, options = STAGES["bes_gmm"]
    stage(**options | {"seed": 1}, utterances=folder / "utterances", segmentation=tmp_path / "s")
    assert (tmp_path / "s").read_bytes() != (folder / "bes_gmm").read_bytes()


@pytest.mark.parametrize("name", STAGES)
def test_silence_is_refused(tmp_path, name):
    corpus = planted(utterances=2)
    silent = vars(corpus) | {"energy": np.full_like(corpus.energy, -np.inf)}
    Utterances(**silent).save(tmp_path / "silent")
    stage, options = STAGES[name]
    with pytest.raises(DataError, match="no speech in the training utterances"):
        stage(**options, utterances=tmp_path / "silent", segmentation=tmp_path / "s")


def test_segmentations_and_utterances_survive_a_file(tmp_path):
    corpus = planted(utterances=3)
    corpus.save(tmp_path / "u")
    again = Utterances.load(tmp_path / "u")
    for name, value in vars(corpus).items():
        assert np.array_equal(value, getattr(again, name)), name
    segmentation = Segmentation(corpus.word_first, corpus.word_last)
    segmentation.save(tmp_path / "s")
    again = Segmentation.load(tmp_path / "s")
    assert np.array_equal(again.first, segmentation.first)
    assert np.array_equal(again.last, segmentation.last)


@pytest.mark.parametrize("kind", [Segmentation, Utterances])
def test_a_broken_file_is_named(tmp_path, kind):
    path = tmp_path / "broken"
    path.write_bytes(b"not a tensor in sight")
    with pytest.raises(DataError, match="broken is not a"):
        kind.load(path)


def test_every_stage_has_a_command_line():
    for function, _ in STAGES.values():
        stage = load_stage(function.__name__, f"{function.__module__}:{function.__name__}")
        assert stage.named("input")[0].name == "utterances"
        assert len(stage.named("output")) == 1


def test_parameters_survive_json():
    params = SegmentationParams()
    assert SegmentationParams(**json.loads(params.model_dump_json())) == params

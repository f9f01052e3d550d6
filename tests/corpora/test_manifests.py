"""Speech on disk: what is written piece by piece is what lhotse reads back, wherever it lies."""

import gzip
import json
import shutil

import numpy as np
import pytest
from lhotse import SupervisionSegment

from crosstalk.corpora.manifests import SAMPLE_RATE, FlacWriter, read_cuts, write_manifest
from crosstalk.errors import DataError


def noise(seconds, seed):
    return np.random.default_rng(seed).integers(-9000, 9000, round(seconds * SAMPLE_RATE), np.int16)


def segment(name, start, samples, recording="corpus"):
    return SupervisionSegment(
        name, recording, start, len(samples) / SAMPLE_RATE, text=name, custom={"item": name}
    )


@pytest.fixture
def corpus(tmp_path):
    """Three pieces of awkward lengths, silence between them."""
    folder = tmp_path / "first place"
    folder.mkdir()
    pieces = {"a": noise(0.31337, 1), "b": noise(1.00007, 2), "č": noise(0.05, 3)}
    segments = []
    with FlacWriter(folder / "audio.flac") as writer:
        for name, samples in pieces.items():
            segments.append(segment(name, writer.append(samples), samples))
            writer.append_silence(0.2)
        recording = writer.recording("corpus")
    write_manifest(folder / "recordings.jsonl.gz", [recording])
    write_manifest(folder / "supervisions.jsonl.gz", segments)
    return folder, pieces


def cuts_of(folder):
    return list(read_cuts(folder / "recordings.jsonl.gz", folder / "supervisions.jsonl.gz"))


def test_each_cut_has_exactly_its_samples(corpus):
    folder, pieces = corpus
    cuts = cuts_of(folder)
    assert [cut.supervisions[0].id for cut in cuts] == list(pieces)
    for cut, samples in zip(cuts, pieces.values(), strict=True):
        (audio,) = cut.load_audio()
        assert np.array_equal(np.round(audio * 32768).astype(np.int16), samples)
        assert cut.supervisions[0].custom == {"item": cut.supervisions[0].text}


def test_a_corpus_can_be_moved(corpus, tmp_path):
    folder, pieces = corpus
    elsewhere = tmp_path / "second place"
    shutil.move(folder, elsewhere)
    assert cuts_of(elsewhere)[1].load_audio().shape == (1, len(pieces["b"]))


def test_manifests_hold_neither_time_nor_place(corpus):
    folder, _ = corpus
    for name in ("recordings.jsonl.gz", "supervisions.jsonl.gz"):
        data = (folder / name).read_bytes()
        assert data[4:8] == bytes(4)  # MTIME of RFC 1952, section 2.3
        assert not data[3] & 8  # FNAME
    line = gzip.decompress((folder / "recordings.jsonl.gz").read_bytes())
    assert json.loads(line)["sources"][0]["source"] == "audio.flac"


def test_a_supervision_of_another_corpus_is_an_error(corpus):
    folder, _ = corpus
    stray = segment("x", 0.0, noise(0.1, 4), recording="other")
    write_manifest(folder / "supervisions.jsonl.gz", [stray])
    with pytest.raises(DataError, match="no recording 'other'"):
        cuts_of(folder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:20] + bytes(20) + data[40:],  # zlib has an error of its own
        lambda _: b"not gzip",
        lambda _: gzip.compress(b'{"id": 1}\n'),
    ],
)
def test_a_damaged_manifest_is_an_error(corpus, damage):
    path = corpus[0] / "supervisions.jsonl.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="not a lhotse manifest"):
        cuts_of(corpus[0])

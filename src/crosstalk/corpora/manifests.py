"""Speech as one FLAC file with lhotse manifests: written piece by piece, read as cuts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
from lhotse import AudioSource, CutSet, Recording, RecordingSet, SupervisionSegment, SupervisionSet

from crosstalk.corpora.manifest_lines import manifest_lines
from crosstalk.errors import DataError

SAMPLE_RATE = 16000


class FlacWriter:
    """A mono 16-bit FLAC file at `SAMPLE_RATE` that grows piece by piece (a context manager)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples = 0
        self._file = soundfile.SoundFile(
            path, "w", samplerate=SAMPLE_RATE, channels=1, format="FLAC", subtype="PCM_16"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, samples: np.ndarray) -> float:
        """Append int16 samples and return where they start, in seconds."""
        start = self.samples / SAMPLE_RATE
        self._file.write(samples)
        self.samples += len(samples)
        return start

    def append_silence(self, seconds: float) -> None:
        self.append(np.zeros(round(seconds * SAMPLE_RATE), dtype=np.int16))

    def recording(self, identity: str) -> Recording:
        """Describe what was written so far; the source is the file's name alone."""
        return Recording(
            id=identity,
            sources=[AudioSource(type="file", channels=[0], source=self.path.name)],
            sampling_rate=SAMPLE_RATE,
            num_samples=self.samples,
            duration=self.samples / SAMPLE_RATE,
        )


def write_manifest(path: Path, items: Iterable[Recording | SupervisionSegment]) -> None:
    """Write gzipped JSON lines without a time of writing, which lhotse's own writer would add."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
    ):
        for item in items:
            packed.write(json.dumps(item.to_dict(), ensure_ascii=False).encode() + b"\n")


def read_cuts(recordings: Path, supervisions: Path) -> CutSet:
    """Read one cut a supervision, with the audio found in the folder of ``recordings``.

    Raises
    ------
    DataError
        A file is no such manifest, or a supervision's recording is not among ``recordings``.

    """
    found = read_manifest(RecordingSet, recordings).with_path_prefix(recordings.parent)
    segments = read_manifest(SupervisionSet, supervisions)
    known = set(found.ids)
    lost = next((s for s in segments if s.recording_id not in known), None)
    if lost is not None:
        raise DataError(
            f"{recordings} has no recording {lost.recording_id!r}, which {supervisions} names: "
            "make both again"
        )
    whole = CutSet.from_manifests(recordings=found, supervisions=segments)
    return whole.trim_to_supervisions(keep_overlapping=False)


def read_manifest[T: (RecordingSet, SupervisionSet)](kind: type[T], path: Path) -> T:
    """Read one of the manifests as it is.

    Raises
    ------
    DataError
        The file is no such manifest.

    """
    item = Recording if kind is RecordingSet else SupervisionSegment
    with manifest_lines(path) as lines:
        return kind.from_items(item.from_dict(line) for line in lines)

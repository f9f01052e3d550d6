"""Human recordings with transcripts: decoded, checked against them, written as one corpus."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
import soxr
from lhotse import SupervisionSegment

from crosstalk.corpora.manifests import SAMPLE_RATE, FlacWriter, write_manifest
from crosstalk.corpora.splits import fold_of
from crosstalk.errors import DataError
from crosstalk.params.tuxpaint import RecordingChecks
from crosstalk.progress import progress
from crosstalk.speech.phonemes import phonemize

GAP_SECONDS = 0.2
HOP = SAMPLE_RATE // 100
WINDOW = SAMPLE_RATE // 40

_THREADS = 2
_BATCH = 64  # decoded recordings in memory at a time
_OGG_HEADER_BYTES = 27
_OGG_LAST_PAGE = 4  # header_type_flag of RFC 3533, section 6


class BrokenRecordingError(DataError):
    """Audio that cannot be decoded, or only in part."""


@dataclass(frozen=True)
class Transcribed:
    """A recording as it lies in an archive, and what is said about it.

    ``item`` is shared by all languages; ``reference`` is the text that decides the fold; ``data``
    is the encoded file. An empty ``text`` is a transcript that ought to be there and is not; None
    means that nobody wrote down what is said, so that the recording is kept as speech alone.
    """

    id: str
    language: str
    speaker: str
    domain: str
    item: str
    text: str | None
    reference: str
    data: bytes


class Rejected(NamedTuple):
    """A row of ``rejected.csv``; ``seconds`` is empty where there is no audio."""

    id: str
    language: str
    seconds: str
    reason: str


class Audio(NamedTuple):
    """Mono int16 samples at `SAMPLE_RATE`, and the rate they had in the archive."""

    samples: np.ndarray
    original_rate: int


def write_recordings(
    source: str,
    recordings: Iterable[Transcribed],
    checks: RecordingChecks,
    *,
    decoder: Callable[[bytes], Audio],
    audio: Path,
    manifests: tuple[Path, Path],
    rejected: Path,
    also_rejected: Iterable[Rejected] = (),
) -> None:
    """Write the recordings that pass ``checks`` as FLAC and manifests, the others as CSV.

    Speech without a transcript has neither text nor phonemes in the manifest, and only silence and
    a length that holds no word speak against it.

    ``decoder`` is `decode` or `decode_g722`, or another that raises BrokenRecordingError.
    ``manifests`` are those of the recording and of its supervisions. Recordings follow one another
    in the order of their ids, `GAP_SECONDS` of digital silence between them.

    Raises
    ------
    DataError
        No recording passes.

    """
    ordered = sorted(recordings, key=lambda recording: recording.id)
    phones = _phones(ordered)
    lost = list(also_rejected)
    segments: list[SupervisionSegment] = []
    with FlacWriter(audio) as writer:
        decoded = _decode_all([recording.data for recording in ordered], decoder)
        shown = progress(decoded, label=source, total=len(ordered), unit="rec")
        for recording, outcome in zip(ordered, shown, strict=True):
            spoken = phones[recording.id]
            reason, seconds = _judge(outcome, recording, spoken, checks)
            if reason or not isinstance(outcome, Audio):
                lost.append(Rejected(recording.id, recording.language, seconds, reason))
                continue
            if segments:
                writer.append_silence(GAP_SECONDS)
            start = writer.append(outcome.samples)
            segments.append(_segment(source, recording, outcome, start, spoken))
        whole = writer.recording(source)
    if not segments:
        raise DataError(
            f"no recording of {source} passed the checks: see the limits in corpora.{source}.checks"
        )
    write_manifest(manifests[0], [whole])
    write_manifest(manifests[1], segments)
    with rejected.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Rejected._fields)
        rows.writerows(sorted(lost))


def decode(data: bytes) -> Audio:
    """Decode an Ogg or WAV file, channels averaged and resampled.

    An Ogg file must end with a page marked as its last; see `decode_unmarked`.

    Raises
    ------
    BrokenRecordingError
        The file is damaged, cut short or holds no audio.

    """
    if data.startswith(b"OggS") and _is_cut(data):
        raise BrokenRecordingError("the file is cut short")
    return _decode(data)


def decode_unmarked(data: bytes) -> Audio:
    """Decode as `decode` does, but let an Ogg file end with any whole page.

    Some encoders mark no last page. A file cut between two pages then passes.

    Raises
    ------
    BrokenRecordingError
        The file is damaged, cut short within a page or holds no audio.

    """
    if data.startswith(b"OggS") and _is_cut(data, marked=False):
        raise BrokenRecordingError("the file is cut short")
    return _decode(data)


def _decode(data: bytes) -> Audio:
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BrokenRecordingError("the file cannot be decoded") from error
    if not len(samples):
        raise BrokenRecordingError("the file holds no audio")
    resampled = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE)
    return Audio(np.clip(np.rint(resampled * 32768), -32768, 32767).astype(np.int16), rate)


def decode_g722(data: bytes) -> Audio:
    """Decode headerless G.722 at 64 kbit/s.

    Any bytes are valid G.722, so a cut is seen only by the length that its transcript needs.

    Raises
    ------
    BrokenRecordingError
        The file is damaged or holds no audio.

    """
    try:
        with av.open(io.BytesIO(data), format="g722") as file:
            frames = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
    except av.FFmpegError as error:
        raise BrokenRecordingError("the file cannot be decoded") from error
    if not frames:
        raise BrokenRecordingError("the file holds no audio")
    return Audio(np.concatenate(frames), SAMPLE_RATE)


def loudness(samples: np.ndarray) -> np.ndarray:
    """Level of every 25 ms, each 10 ms apart, in dB relative to a full-scale square wave.

    Parameters
    ----------
    samples
        (n,) int16; less than a window counts as one.

    """
    energy = np.concatenate([[0.0], np.cumsum((samples / 32768.0) ** 2)])
    starts = np.arange(0, max(len(samples) - WINDOW, 0) + 1, HOP)
    ends = np.minimum(starts + WINDOW, len(samples))
    power = np.maximum(energy[ends] - energy[starts], 0) / np.maximum(ends - starts, 1)
    return 10 * np.log10(np.maximum(power, 1e-12))


def speech_seconds(samples: np.ndarray, checks: RecordingChecks) -> float:
    """Length from the first to the last loud frame, long pauses counted as ``max_pause_seconds``.

    So neither a hesitant start nor a pause between two sentences makes speech seem slow.
    """
    level = loudness(samples)
    loud = np.flatnonzero(level >= level.max() - checks.floor_db)
    steps = np.diff(loud) * HOP / SAMPLE_RATE
    return float(np.minimum(steps, checks.max_pause_seconds).sum()) + WINDOW / SAMPLE_RATE


def find_silence(samples: np.ndarray, checks: RecordingChecks) -> str:
    """Say why the samples cannot be speech, or nothing if they can."""
    if len(samples) < checks.min_seconds * SAMPLE_RATE:
        return "too short for any word"
    return "silent" if loudness(samples).max() < checks.silence_dbfs else ""


def find_fault(samples: np.ndarray, phones: Sequence[str], checks: RecordingChecks) -> str:
    """Say why the samples cannot be a reading of these phones, or nothing if they can."""
    if fault := find_silence(samples, checks):
        return fault
    if not phones:
        return "the transcript has nothing to pronounce"
    rate = len(phones) / speech_seconds(samples, checks)
    if rate < checks.min_phones_per_second:
        return f"too long for its transcript ({rate:.1f} phones a second)"
    if rate > checks.max_phones_per_second:
        return f"too short for its transcript ({rate:.1f} phones a second)"
    return ""


def _judge(
    outcome: Audio | BrokenRecordingError,
    recording: Transcribed,
    phones: Sequence[str],
    checks: RecordingChecks,
) -> tuple[str, str]:
    """Return the reason to reject, empty if none, and the length in seconds as text."""
    if isinstance(outcome, BrokenRecordingError):
        return str(outcome), ""
    seconds = f"{len(outcome.samples) / SAMPLE_RATE:.3f}"
    if recording.text is None:
        return find_silence(outcome.samples, checks), seconds
    if not recording.text:
        return "no transcript", seconds
    return find_fault(outcome.samples, phones, checks), seconds


def _phones(recordings: Iterable[Transcribed]) -> dict[str, list[str]]:
    """Phones by id; speech without a transcript has none."""
    phones: dict[str, list[str]] = {}
    by_language: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for recording in recordings:
        if recording.text is None:
            phones[recording.id] = []
        else:
            by_language[recording.language][recording.id] = recording.text
    for language, texts in by_language.items():
        spoken = phonemize(list(texts.values()), language)
        phones.update(zip(texts, spoken, strict=True))
    return phones


def _decode_all(
    files: Sequence[bytes], decoder: Callable[[bytes], Audio]
) -> Iterator[Audio | BrokenRecordingError]:
    """Decode in order; the decoders release Python's lock, so threads help."""

    def attempt(data: bytes) -> Audio | BrokenRecordingError:
        try:
            return decoder(data)
        except BrokenRecordingError as error:
            return error

    with ThreadPoolExecutor(_THREADS) as pool:
        for batch in batched(files, _BATCH):
            yield from pool.map(attempt, batch)


def _is_cut(data: bytes, *, marked: bool = True) -> bool:
    """Whether an Ogg file ends before its last page does, or before the page marked as last."""
    page = data[data.rfind(b"OggS") :]
    if len(page) < _OGG_HEADER_BYTES:
        return True
    segments = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + page[26]]
    whole = len(segments) == page[26] and len(page) >= _OGG_HEADER_BYTES + page[26] + sum(segments)
    return not (whole and (not marked or page[5] & _OGG_LAST_PAGE))


def _segment(
    source: str, recording: Transcribed, audio: Audio, start: float, phones: Sequence[str]
) -> SupervisionSegment:
    return SupervisionSegment(
        id=recording.id,
        recording_id=source,
        start=start,
        duration=len(audio.samples) / SAMPLE_RATE,
        channel=0,
        text=recording.text or "",
        language=recording.language,
        speaker=recording.speaker,
        custom={
            "phonemes": " ".join(phones),
            "domain": recording.domain,
            "item": recording.item,
            "fold": fold_of(recording.reference),
            "original_sample_rate": audio.original_rate,
        },
    )

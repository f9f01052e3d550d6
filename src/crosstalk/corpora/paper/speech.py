"""A paper's speech corpus in the house's form: FLAC files and lhotse manifests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import batched, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from lhotse import RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.supervision import AlignmentItem

from crosstalk.corpora.manifests import SAMPLE_RATE, FlacWriter, write_manifest
from crosstalk.corpora.recordings import Audio, BrokenRecordingError, Rejected
from crosstalk.corpora.splits import Split, fold_of
from crosstalk.errors import DataError
from crosstalk.progress import progress
from crosstalk.speech import espeak
from crosstalk.speech.phonemes import phonemize

MIN_SECONDS = 0.1
"""Shorter utterances hold no word."""

_THREADS = 2
_BATCH = 256  # decoded utterances in memory, and texts in one call of eSpeak


@dataclass(frozen=True)
class Utterance:
    """A stretch of a recording as its makers describe it.

    ``start`` and ``seconds`` lie in the file ``path``; ``words`` count from the stretch's start.
    ``item`` is what is said or shown, shared by all who say it.
    """

    id: str
    language: str
    speaker: str
    split: Split
    text: str
    path: Path
    start: float
    seconds: float
    item: str
    words: Sequence[AlignmentItem] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)


def write_speech(
    source: str,
    utterances: Iterable[Utterance],
    *,
    audio: Sequence[Path],
    recordings: Path,
    supervisions: Path,
    rejected: Path,
) -> None:
    """Write utterances in the order of their ids as mono FLAC at 16 kHz, with manifests.

    Each file of ``audio`` is one recording, of its name, and holds about the same time: FLAC cannot
    count the samples of a whole corpus. A supervision has the transcript, language, speaker, the
    alignment ``word`` where there is one, and as custom fields ``split`` (the official one),
    ``fold`` (of the transcript), ``item``, ``phonemes`` (of eSpeak NG, empty where it does not
    speak the language), ``original_sample_rate`` and what ``custom`` says. Utterances that cannot
    be decoded, are shorter than `MIN_SECONDS` or have no transcript go to ``rejected`` with the
    reason.

    Raises
    ------
    DataError
        Nothing is left, or two utterances have one id.

    """
    ordered = sorted(utterances, key=lambda utterance: utterance.id)
    twice = next((a.id for a, b in pairwise(ordered) if a.id == b.id), None)
    if twice is not None:
        raise DataError(f"{source} has utterance {twice} twice: unpack it anew")
    lost: list[Rejected] = []
    with ExitStack() as stack:
        files = [stack.enter_context(FlacWriter(path)) for path in audio]
        names = [path.stem for path in audio]
        write_manifest(supervisions, _write(ordered, files, names, lost, source))
        written = [f.recording(name) for f, name in zip(files, names, strict=True) if f.samples]
    if not written:
        reason = f", the first because: {lost[0].reason}" if lost else ""
        raise DataError(f"{source} has no utterance that can be used{reason}: unpack it anew")
    write_manifest(recordings, written)
    with rejected.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Rejected._fields)
        rows.writerows(sorted(lost))


def utterances_of(
    recordings: RecordingSet, supervisions: SupervisionSet, *, language: str, split: Split
) -> Iterator[Utterance]:
    """Yield what one of lhotse's recipes found, with ``language`` as a code."""
    paths = {recording.id: Path(recording.sources[0].source) for recording in recordings}
    for said in supervisions:
        yield Utterance(
            id=said.id,
            language=language,
            speaker=str(said.speaker),
            split=split,
            text=(said.text or "").strip(),
            path=paths[said.recording_id],
            start=said.start,
            seconds=said.duration,
            item=said.id,
        )


def read_stretch(path: Path, start: float, seconds: float) -> Audio:
    """Decode a stretch of a file in any format that libsndfile reads; the first channel counts.

    Raises
    ------
    BrokenRecordingError
        The file is damaged, or ends before the stretch does by more than a frame of a codec.

    """
    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            file.seek(round(start * rate))
            samples = file.read(round(seconds * rate), dtype="float32", always_2d=True)[:, 0]
    except (soundfile.LibsndfileError, OSError) as error:
        raise BrokenRecordingError("the file cannot be decoded") from error
    if len(samples) < (seconds - MIN_SECONDS) * rate:
        raise BrokenRecordingError("the file ends too early")
    resampled = soxr.resample(samples, rate, SAMPLE_RATE)
    return Audio(np.clip(np.rint(resampled * 32768), -32768, 32767).astype(np.int16), rate)


def _write(
    ordered: Sequence[Utterance],
    files: Sequence[FlacWriter],
    names: Sequence[str],
    lost: list[Rejected],
    source: str,
) -> Iterator[SupervisionSegment]:
    """Append to the files and yield the supervisions: neither audio nor manifests fit in memory."""
    total = sum(utterance.seconds for utterance in ordered)
    passed = 0.0
    shown = progress(_outcomes(ordered), label=source, total=len(ordered), unit="utt")
    for utterance, outcome, phones in shown:
        number = min(int(passed / total * len(files)), len(files) - 1) if total else 0
        passed += utterance.seconds
        if isinstance(outcome, str):
            lost.append(
                Rejected(utterance.id, utterance.language, f"{utterance.seconds:.3f}", outcome)
            )
            continue
        start = files[number].append(outcome.samples)
        yield _supervision(utterance, outcome, phones, names[number], start)


def _outcomes(
    ordered: Sequence[Utterance],
) -> Iterator[tuple[Utterance, Audio | str, list[str]]]:
    """Audio, or why there is none, and phones; the decoders release Python's lock."""
    spoken = espeak.languages()
    with ThreadPoolExecutor(_THREADS) as pool:
        for batch in batched(ordered, _BATCH):
            heard = pool.map(_hear, batch)
            language = batch[0].language
            texts = [utterance.text for utterance in batch]
            phones = phonemize(texts, language) if language in spoken else [[] for _ in texts]
            yield from zip(batch, heard, phones, strict=True)


def _hear(utterance: Utterance) -> Audio | str:
    if not utterance.text:
        return "no transcript"
    if utterance.seconds < MIN_SECONDS:
        return "too short for any word"
    try:
        return read_stretch(utterance.path, utterance.start, utterance.seconds)
    except BrokenRecordingError as error:
        return str(error)


def _supervision(
    utterance: Utterance, audio: Audio, phones: Sequence[str], recording: str, start: float
) -> SupervisionSegment:
    seconds = len(audio.samples) / SAMPLE_RATE
    words = [
        AlignmentItem(w.symbol, round(start + w.start, 7), round(end - w.start, 7))
        for w in utterance.words
        if (end := min(w.start + w.duration, seconds)) > w.start
    ]
    return SupervisionSegment(
        id=utterance.id,
        recording_id=recording,
        start=start,
        duration=seconds,
        channel=0,
        text=utterance.text,
        language=utterance.language,
        speaker=utterance.speaker,
        alignment={"word": words} if words else None,
        custom={
            "split": utterance.split,
            "fold": fold_of(utterance.text),
            "item": utterance.item,
            "phonemes": " ".join(phones),
            "original_sample_rate": audio.original_rate,
            **utterance.custom,
        },
    )

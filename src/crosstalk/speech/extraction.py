"""From audio and its manifests to utterances of acoustic frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from lhotse import RecordingSet, SupervisionSegment, SupervisionSet

from crosstalk.corpora.manifests import read_manifest
from crosstalk.errors import DataError
from crosstalk.params.speech import FeatureParams
from crosstalk.progress import progress
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.features import levels, mfcc, normalise
from crosstalk.speech.utterances import SPLITS, Utterances
from crosstalk.stage import Input, Output


def extract_utterances(
    *,
    cfg: FeatureParams,
    recordings: Input,
    supervisions: Input,
    audio: list[Input],
    utterances: Output,
    words: Output,
) -> None:
    """Turn every utterance with aligned words into frames; ``words`` is its true segmentation.

    A frame belongs to the word that is being spoken at its centre; a word too short to own a frame
    gets the one nearest to its middle. ``audio`` are the files that ``recordings`` names. The
    segmentation holds the words of the training split, which other segmentations stand beside.

    Raises
    ------
    DataError
        No supervision, no word alignment, broken or missing audio, or another sampling rate.

    """
    spoken = [s for s in read_manifest(SupervisionSet, supervisions) if _words(s)]
    if not spoken:
        raise DataError(f"{supervisions} holds no utterance with aligned words")
    pieces, energies, ranges, said = [], [], [], []
    position = 0
    read = _read_utterances(recordings, audio, spoken, cfg)
    for supervision, samples in progress(read, label="MFCC", total=len(spoken), unit="utt"):
        frames = mfcc(samples, cfg)
        if not len(frames):
            raise DataError(f"utterance {supervision.id} is shorter than one frame")
        for item in _words(supervision):
            start, end = item.start - supervision.start, item.end - supervision.start
            first, last = frame_range(start, end, len(frames), cfg)
            ranges.append((position + first, position + last))
            said.append(item.symbol)
        pieces.append(frames)
        energies.append(levels(samples, cfg))
        position += len(frames)
    counts = Counter(said)
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))
    number = {word: i for i, word in enumerate(vocabulary)}
    speakers = sorted({s.speaker for s in spoken})
    speaker = np.array([speakers.index(s.speaker) for s in spoken], np.int32)
    lengths = [len(piece) for piece in pieces]
    frames = np.concatenate(pieces)
    if cfg.normalisation != "none":
        group = {"utterance": np.arange(len(spoken)), "speaker": speaker}[cfg.normalisation]
        frames = normalise(frames, np.repeat(group, lengths))
    first, last = np.array(ranges, np.int64).T
    result = Utterances(
        frames=frames,
        energy=np.concatenate(energies),
        offsets=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        speaker=speaker,
        split=np.array([SPLITS.index(_split(s)) for s in spoken], np.uint8),
        word_first=first,
        word_last=last,
        word=np.array([number[word] for word in said], np.int32),
        vocabulary=vocabulary,
        speakers=speakers,
        messages=[_message(s) for s in spoken],
    )
    result.save(utterances)
    train = result.words_of("train")
    Segmentation(first[train], last[train]).save(words)


def frame_range(start: float, end: float, frames: int, cfg: FeatureParams) -> tuple[int, int]:
    """Frames, as a half-open range, whose centres lie in [start, end) seconds; at least one."""
    shift = cfg.shift_ms / 1000
    edge = [int(np.ceil(time / shift - 0.5 - 1e-6)) for time in (start, end)]
    first, last = (min(max(value, 0), frames) for value in edge)
    if first < last:
        return first, last
    middle = min(max(int((start + end) / 2 / shift), 0), frames - 1)
    return middle, middle + 1


def _split(supervision: SupervisionSegment) -> str:
    split = (supervision.custom or {}).get("split")
    if split not in SPLITS:
        raise DataError(
            f"utterance {supervision.id} has split {split!r}: its custom field 'split' must be "
            f"one of {', '.join(SPLITS)}"
        )
    return split


def _words(supervision: SupervisionSegment) -> list:
    return (supervision.alignment or {}).get("word", [])


def _message(supervision: SupervisionSegment) -> str:
    return str((supervision.custom or {}).get("message_id", supervision.id))


def _read_utterances(
    recordings: Path, audio: list[Path], supervisions: list[SupervisionSegment], cfg: FeatureParams
) -> Iterator[tuple[SupervisionSegment, np.ndarray]]:
    """Utterances with their float32 samples; each audio file is opened once in a row."""
    named = {path.name: path for path in audio}
    sources = {
        recording.id: named.get(Path(recording.sources[0].source).name)
        for recording in read_manifest(RecordingSet, recordings)
    }
    opened: soundfile.SoundFile | None = None
    current = ""
    try:
        for supervision in supervisions:
            if opened is None or supervision.recording_id != current:
                if opened is not None:
                    opened.close()
                current = supervision.recording_id
                opened = _open(sources, current, cfg)
            yield supervision, _read(opened, supervision)
    finally:
        if opened is not None:
            opened.close()


def _open(
    sources: dict[str, Path | None], recording: str, cfg: FeatureParams
) -> soundfile.SoundFile:
    path = sources.get(recording)
    if path is None:
        raise DataError(f"the audio of recording {recording} was not given: pass its file")
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise DataError(f"{path} is not readable audio ({error}): make it again") from error
    if file.samplerate != cfg.sample_rate or file.channels != 1:
        found = f"{file.channels} channel(s) at {file.samplerate} Hz"
        file.close()
        raise DataError(f"{path} has {found}, not one at {cfg.sample_rate} Hz: convert it")
    return file


def _read(file: soundfile.SoundFile, supervision: SupervisionSegment) -> np.ndarray:
    start = round(supervision.start * file.samplerate)
    size = round(supervision.duration * file.samplerate)
    try:
        if file.tell() != start:
            file.seek(start)
        samples = file.read(size, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"{file.name} breaks off in utterance {supervision.id} ({error}): make it again"
        ) from error
    if len(samples) < size:
        raise DataError(f"{file.name} ends before utterance {supervision.id}: make it again")
    return samples

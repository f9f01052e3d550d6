"""Word segments: the frames of every spoken word, cut at known boundaries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import soundfile
from lhotse import RecordingSet, SupervisionSegment, SupervisionSet
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from crosstalk.errors import DataError
from crosstalk.params.speech import FeatureParams
from crosstalk.progress import progress
from crosstalk.speech.features import mfcc, normalise
from crosstalk.stage import Input, Output

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Segments:
    """Spoken word tokens in the order of speech, with their acoustic frames.

    Attributes
    ----------
    frames
        float32 [N, d], the frames of all tokens one after another.
    offsets
        int64 [n + 1]; token i has the frames from ``offsets[i]`` to ``offsets[i + 1]``, at least 1.
    word, utterance, speaker
        int32 [n], positions in ``vocabulary``, ``messages`` and ``speakers``.
    split
        uint8 [n], positions in `SPLITS`.
    vocabulary
        Words, most frequent first.
    speakers
        Speaker names, sorted.
    messages
        Message identifier of each utterance.

    """

    frames: np.ndarray
    offsets: np.ndarray
    word: np.ndarray
    utterance: np.ndarray
    speaker: np.ndarray
    split: np.ndarray
    vocabulary: list[str]
    speakers: list[str]
    messages: list[str]

    def __len__(self) -> int:
        return len(self.word)

    def select(self, split: str) -> Self:
        """Keep the tokens of one split; vocabulary, speakers and messages keep their numbering.

        Raises
        ------
        ValueError
            No such split.

        """
        kept = self.split == SPLITS.index(split)
        lengths = np.diff(self.offsets)
        return type(self)(
            frames=self.frames[np.repeat(kept, lengths)],
            offsets=_offsets(lengths[kept]),
            word=self.word[kept],
            utterance=self.utterance[kept],
            speaker=self.speaker[kept],
            split=self.split[kept],
            vocabulary=self.vocabulary,
            speakers=self.speakers,
            messages=self.messages,
        )

    def save(self, path: Path) -> None:
        """Write a safetensors file; equal segments give equal bytes."""
        tensors = {name: np.ascontiguousarray(getattr(self, name)) for name in _TENSORS}
        # One entry: safetensors writes several in an order that changes from run to run.
        names = json.dumps({name: getattr(self, name) for name in _NAMES}, ensure_ascii=False)
        path.write_bytes(save(tensors, metadata={"names": names}))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            The file is not a complete segments file.

        """
        try:
            with safe_open(path, framework="numpy") as file:
                tensors = {name: file.get_tensor(name) for name in _TENSORS}
                names = json.loads((file.metadata() or {})["names"])
        except (SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{path} is not a segments file ({error}): make it again") from error
        return cls(**tensors, **names)


_TENSORS = ("frames", "offsets", "word", "utterance", "speaker", "split")
_NAMES = ("vocabulary", "speakers", "messages")


class _Token(NamedTuple):
    word: str
    utterance: int
    speaker: str
    split: str


def extract_segments(
    *,
    cfg: FeatureParams,
    recordings: Input,
    supervisions: Input,
    audio: list[Input],
    segments: Output,
) -> None:
    """Cut every aligned word of every supervision into frames (stage).

    A frame belongs to the word that is being spoken at its centre; a word too short to own a frame
    gets the one nearest to its middle. ``audio`` are the files that ``recordings`` names.

    Raises
    ------
    DataError
        No supervision, no word alignment, broken or missing audio, or another sampling rate.

    """
    spoken = [s for s in _manifest(SupervisionSet, supervisions) if _words(s)]
    if not spoken:
        raise DataError(f"{supervisions} holds no utterance with aligned words")
    tokens: list[_Token] = []
    pieces: list[np.ndarray] = []
    read = _read_utterances(recordings, audio, spoken, cfg)
    for index, (supervision, samples) in enumerate(
        progress(read, label="MFCC", total=len(spoken), unit="utt")
    ):
        frames = mfcc(samples, cfg)
        if not len(frames):
            raise DataError(f"utterance {supervision.id} is shorter than one frame")
        for item in _words(supervision):
            first, last = frame_range(
                item.start - supervision.start, item.end - supervision.start, len(frames), cfg
            )
            pieces.append(frames[first:last])
            tokens.append(_Token(item.symbol, index, supervision.speaker, _split(supervision)))
    _assemble(tokens, pieces, [_message(s) for s in spoken], cfg).save(segments)


def frame_range(start: float, end: float, frames: int, cfg: FeatureParams) -> tuple[int, int]:
    """Frames, as a half-open range, whose centres lie in [start, end) seconds; at least one."""
    shift = cfg.shift_ms / 1000
    edge = [int(np.ceil(time / shift - 0.5 - 1e-6)) for time in (start, end)]
    first, last = (min(max(value, 0), frames) for value in edge)
    if first < last:
        return first, last
    middle = min(max(int((start + end) / 2 / shift), 0), frames - 1)
    return middle, middle + 1


def _manifest(kind: type, path: Path) -> list:
    try:
        return list(kind.from_file(path))
    except (OSError, EOFError, ValueError, TypeError, KeyError, AssertionError) as error:
        raise DataError(f"{path} is not a lhotse manifest ({error}): make it again") from error


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
        for recording in _manifest(RecordingSet, recordings)
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


def _assemble(
    tokens: list[_Token], pieces: list[np.ndarray], messages: list[str], cfg: FeatureParams
) -> Segments:
    counts = Counter(token.word for token in tokens)
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))
    speakers = sorted({token.speaker for token in tokens})
    word_index = {word: i for i, word in enumerate(vocabulary)}
    speaker_index = {speaker: i for i, speaker in enumerate(speakers)}
    offsets = _offsets(np.array([len(piece) for piece in pieces]))
    utterance = np.array([token.utterance for token in tokens], dtype=np.int32)
    speaker = np.array([speaker_index[token.speaker] for token in tokens], dtype=np.int32)
    frames = np.concatenate(pieces)
    if cfg.normalisation != "none":
        group = {"utterance": utterance, "speaker": speaker}[cfg.normalisation]
        frames = normalise(frames, np.repeat(group, np.diff(offsets)))
    return Segments(
        frames=frames,
        offsets=offsets,
        word=np.array([word_index[token.word] for token in tokens], dtype=np.int32),
        utterance=utterance,
        speaker=speaker,
        split=np.array([SPLITS.index(token.split) for token in tokens], dtype=np.uint8),
        vocabulary=vocabulary,
        speakers=speakers,
        messages=messages,
    )


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))

"""Messages read aloud: a speech corpus with exact boundaries from a text corpus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from lhotse import SupervisionSegment
from lhotse.supervision import AlignmentItem

from crosstalk.corpora.manifests import FlacWriter, write_manifest
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import split_of, training_half
from crosstalk.errors import CrosstalkError, DataError
from crosstalk.params.speech import SpokenParams
from crosstalk.params.splits import SplitParams
from crosstalk.progress import progress
from crosstalk.seeds import derive_seed
from crosstalk.speech.reading import RATE, Reading, Request, Speaker, read_aloud
from crosstalk.speech.synthesis import Interval
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize

SPLITS = ("train", "dev", "test")
_CLAUSE = re.compile(r"([^,;:.!?…()\[\]\"“”„«»–—\n]+)([,;:.!?…()\[\]\"“”„«»–—\s]*)")
PAUSES = ",.?"
# Language tags of eSpeak NG where they are not the ISO code, or stand for another accent.
_ACCENTS = {"en": "en-us", "fr": "fr-fr"}


@dataclass(frozen=True)
class Message:
    id: str
    fold: int
    split: str
    words: list[str]


def speak_messages(
    *,
    cfg: SpokenParams,
    splits: SplitParams,
    language: str,
    seed: int,
    messages: Input,
    audio: Output,
    recordings: Output,
    supervisions: Output,
    workers: int,
) -> None:
    """Read messages aloud into one FLAC file with lhotse manifests (stage).

    Utterances follow one another in the order of ``messages``. Each supervision carries its words
    as text, the speaker, the alignments ``word`` and ``phone``, and as custom fields
    ``message_id``, ``fold`` and ``split``. The recording's source is a path relative to the
    manifest's folder. The bytes do not depend on ``workers``.

    Raises
    ------
    DataError
        No message of that language and length.
    ParameterError
        A voice that eSpeak NG does not have, or cannot repeat.
    CrosstalkError
        The audio cannot be written; the engine is missing or broken.

    """
    chosen = choose(messages, language, cfg, splits, seed)
    pools = {split: speakers(voices_of(split, language, cfg), cfg, seed) for split in SPLITS}
    requests = [Request(m.words, _speaker_of(m, pools[m.split], seed)) for m in chosen]
    readings = read_aloud(requests, workers=workers)
    lines = []
    try:
        with FlacWriter(audio) as flac:
            spoken = progress(readings, label="speech", total=len(requests), unit="utt")
            for message, request, reading in zip(chosen, requests, spoken, strict=True):
                start = flac.append(reading.samples)
                lines.append(_supervision(message, language, request.speaker, reading, start))
    except soundfile.LibsndfileError as error:
        raise CrosstalkError(f"{audio} cannot be written ({error}): is the disk full?") from error
    write_manifest(recordings, [flac.recording(_recording_id(language))])
    write_manifest(supervisions, lines)


def choose(
    messages: Path, language: str, cfg: SpokenParams, splits: SplitParams, seed: int
) -> list[Message]:
    """Messages to speak: half of training, all of development and test."""
    table = read_messages(messages)
    table = table[table["language"] == language]
    table = table.assign(split=[split_of(fold, splits) for fold in table["fold"]])
    spoken = training_half(table, "spoken", splits)
    table = table[(table["split"] != "train") | table.index.isin(spoken.index)]
    kept = [
        Message(row.message_id, row.fold, row.split, words)
        for row in table.itertuples()
        if cfg.min_words <= len(words := spoken_words(row.text, language)) <= cfg.max_words
    ]
    for split, limit in (
        ("train", cfg.max_train_words),
        ("dev", cfg.max_test_words),
        ("test", cfg.max_test_words),
    ):
        kept = _limit(kept, split, limit, seed) if limit else kept
    if not kept:
        raise DataError(
            f"{messages} holds nothing to speak in {language!r} of {cfg.min_words} to "
            f"{cfg.max_words} words: choose another length"
        )
    return kept


def _limit(messages: list[Message], split: str, words: int, seed: int) -> list[Message]:
    """Drop messages of one split, in an order drawn by the seed, beyond a number of words."""
    drawn = sorted(
        (m for m in messages if m.split == split), key=lambda m: derive_seed(seed, f"keep/{m.id}")
    )
    total, kept = 0, set()
    for message in drawn:
        if total >= words:
            break
        total += len(message.words)
        kept.add(message.id)
    return [m for m in messages if m.split != split or m.id in kept]


def voices_of(split: str, language: str, cfg: SpokenParams) -> list[str]:
    """Language tags of eSpeak NG, each with a variant, of one split."""
    variants = cfg.train_voices if split == "train" else cfg.test_voices
    return [f"{_ACCENTS.get(language, language)}+{variant}" for variant in variants]


def speakers(voices: Sequence[str], cfg: SpokenParams, seed: int) -> list[Speaker]:
    """`cfg.speakers_per_voice` speakers a voice, of a tempo and a pitch drawn by the seed."""
    drawn = []
    for voice in voices:
        for number in range(cfg.speakers_per_voice):
            name = f"{voice}.{number}"
            random = np.random.default_rng(derive_seed(seed, f"speaker/{name}"))
            rate, pitch = (int(random.integers(*r, endpoint=True)) for r in (cfg.rate, cfg.pitch))
            drawn.append(Speaker(name, voice, rate, pitch))
    return drawn


def _speaker_of(message: Message, pool: Sequence[Speaker], seed: int) -> Speaker:
    return pool[derive_seed(seed, f"speaker of {message.id}") % len(pool)]


def _supervision(
    message: Message, language: str, speaker: Speaker, reading: Reading, start: float
) -> SupervisionSegment:
    return SupervisionSegment(
        id=message.id,
        recording_id=_recording_id(language),
        start=start,
        duration=len(reading.samples) / RATE,
        channel=0,
        text=" ".join(word.symbol for word in reading.words),
        language=language,
        speaker=speaker.name,
        alignment={
            "word": _alignment(reading.words, start),
            "phone": _alignment(reading.phones, start),
        },
        custom={"message_id": message.id, "fold": message.fold, "split": message.split},
    )


def _alignment(intervals: Sequence[Interval], offset: float) -> list[AlignmentItem]:
    return [
        AlignmentItem(symbol, round(offset + start, 7), round(end - start, 7))
        for symbol, start, end in intervals
    ]


def _recording_id(language: str) -> str:
    return f"spoken-{language}"


def spoken_words(text: str, language: str) -> list[str]:
    """Tokens of a text, each with the comma, full stop or question mark that follows it.

    Where clauses tokenise otherwise than the whole text ("3.5"), there are no marks.
    """
    marked: list[str] = []
    for clause, marks in _CLAUSE.findall(text):
        words = tokenize(clause, language)
        if words:
            marked += [*words[:-1], words[-1] + _pause(marks)]
    plain = tokenize(text, language)
    return marked if [word.rstrip(PAUSES) for word in marked] == plain else plain


def _pause(marks: str) -> str:
    if "?" in marks:
        return "?"
    if any(mark in marks for mark in ".!…"):
        return "."
    return "," if marks.strip() else ""

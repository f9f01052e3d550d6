"""One utterance to look at: its spectrogram, its true words and those that were found."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch
from safetensors.numpy import save_file
from torchaudio.transforms import MelSpectrogram

from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output

WORDS, SECONDS = 8, 4.0
TRUTH = "true words"


def pick_utterance(
    *,
    shift_ms: float,
    names: list[str],
    audio: list[Input],
    supervisions: Input,
    utterances: Input,
    words: Input,
    segmentations: list[Input],
    spectrogram: Output,
    boundaries: Output,
) -> None:
    """Take one utterance out: its log-mel spectrogram, its true words and those that were found.

    The first training utterance of at least `WORDS` words and at most `SECONDS` seconds; if there
    is none, of those as short the first with the most words. Where there are several files of
    audio, each has the name of its recording.
    ``boundaries`` has a row for each segment: segmentation, start and end in seconds, word.
    """
    corpus = Utterances.load(utterances)
    truth = Segmentation.load(words)
    owner = corpus.utterance_of(truth.first)
    seconds = np.diff(corpus.offsets) * shift_ms / 1000
    spoken = np.bincount(owner, minlength=len(corpus))
    chosen = int(np.where(seconds <= SECONDS, spoken.clip(max=WORDS), -1).argmax())
    recording, begin = _place(supervisions, corpus.messages[chosen])
    with soundfile.SoundFile(next((p for p in audio if p.stem == recording), audio[0])) as file:
        rate = file.samplerate
        file.seek(round(begin * rate))
        samples = file.read(round(float(seconds[chosen]) * rate), dtype="float32")
    hop = round(rate * shift_ms / 1000)
    mel = MelSpectrogram(rate, n_fft=512, win_length=400, hop_length=hop, n_mels=64)
    image = (mel(torch.from_numpy(samples)) + 1e-8).log().numpy()
    save_file({"mel": np.ascontiguousarray(image, np.float32)}, spectrogram)
    start, end = corpus.offsets[chosen : chosen + 2]
    parts = []
    for name, path in zip([TRUTH, *names], [words, *segmentations], strict=True):
        found = Segmentation.load(path)
        inside = (found.first >= start) & (found.last <= end)
        said = corpus.word[corpus.words_of("train")][inside] if name == TRUTH else []
        parts.append(
            pd.DataFrame(
                {
                    "segmentation": name,
                    "start": (found.first[inside] - start) * shift_ms / 1000,
                    "end": (found.last[inside] - start) * shift_ms / 1000,
                    "word": [corpus.vocabulary[i] for i in said] or "",
                }
            )
        )
    pd.concat(parts).to_csv(boundaries, index=False, float_format="%.3f")


def _place(supervisions: Path, identity: str) -> tuple[str, float]:
    """Recording in which an utterance is, and the second at which it begins there."""
    with gzip.open(supervisions, "rt", encoding="utf-8") as lines:
        said = next(s for s in map(json.loads, lines) if s["id"] == identity)
    return said["recording_id"], said["start"]

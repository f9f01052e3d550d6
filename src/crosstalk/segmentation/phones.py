"""Where the phones of recordings are, and how well that is known where the truth is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.monophones import MonophoneParams
from crosstalk.params.speech import SpokenParams
from crosstalk.progress import progress
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.segmentation.monophones import align, with_differences
from crosstalk.speech.features import levels, mfcc, normalise
from crosstalk.speech.reading import Request, read_aloud
from crosstalk.speech.spoken import speakers, spoken_words, voices_of
from crosstalk.stage import Input, Output

COLUMNS = ("utterance", "phone", "start", "end")
"""A row a phone, in the order of speech; times in seconds from the start of the utterance."""
TABLE = "boundaries"
NEAR_MS = (20, 50)
"""Distances up to which a boundary counts as near."""


def align_phones(
    *,
    cfg: MonophoneParams,
    languages: list[str],
    recordings: list[Input],
    supervisions: list[Input],
    audio: list[Input],
    messages: Input,
    phones: Output,
    measures: Output,
) -> None:
    """Find the phones of all recordings of some languages, and say how well (stage).

    ``recordings`` and ``supervisions`` are the manifests of each source, whose field ``phonemes``
    says what is spoken; ``audio`` are the files that they name. Training recordings are aligned
    too: the more speech, the better the fit, and no model sees the boundaries. A recording too
    short for its phones is left out.

    ``measures`` says how far boundaries are from the truth where it is known: in ``messages`` read
    by eSpeak NG, aligned in the same way. A boundary is the start of a phone; where eSpeak NG
    sounds two phones as one, there is none. eSpeak NG counts the closure of a plosive to the phone
    before it, an alignment rather to the plosive, so agreement has its bounds.

    Raises
    ------
    DataError
        Audio was not given, or a language has no recording that is long enough, or no message.

    """
    given = {path.name for path in audio}
    cuts = [
        cut
        for pair in zip(recordings, supervisions, strict=True)
        for cut in read_cuts(*pair)
        if cut.supervisions[0].language in languages
    ]
    parts, distances = [], []
    for language in languages:
        mine = [cut for cut in cuts if cut.supervisions[0].language == language]
        if not mine:
            raise DataError(f"there is no recording in {language!r}: prepare one of its sources")
        for cut in mine:
            name = cut.recording.sources[0].source.rsplit("/", 1)[-1]
            if name not in given:
                raise DataError(f"the audio of {cut.id} was not given: pass {name}")
        samples = (
            cut.load_audio()[0] for cut in progress(mine, label=f"phones {language}", unit="utt")
        )
        said = [cut.supervisions[0].custom["phonemes"].split() for cut in mine]
        speaker = [cut.supervisions[0].speaker for cut in mine]
        found = _align(samples, said, speaker, cfg)
        for cut, text, edges in zip(mine, said, found, strict=True):
            if edges is not None:
                parts.append(_table(cut.supervisions[0].id, text, edges, cfg))
        distances.append(check_alignment(_captions(messages, language, cfg), language, cfg))
    pd.concat(parts, ignore_index=True)[list(COLUMNS)].to_parquet(
        phones, index=False, compression="zstd"
    )
    _measures(np.concatenate(distances)).to_csv(measures, index=False, float_format="%.4f")


def read_phones(path: Input) -> pd.DataFrame:
    """Read what `align_phones` wrote; raises DataError if the file is anything else."""
    return read_columns(path, COLUMNS)


def check_alignment(texts: Sequence[list[str]], language: str, cfg: MonophoneParams) -> np.ndarray:
    """Milliseconds between true and found boundaries of texts that eSpeak NG reads, float64 [n]."""
    spoken = SpokenParams()
    voices = speakers(voices_of("train", language, spoken), spoken, seed=0)
    requests = [Request(text, voices[i % len(voices)]) for i, text in enumerate(texts)]
    readings = list(read_aloud(requests, workers=1))
    samples = (reading.samples / np.float32(32768) for reading in readings)
    said = [[phone.symbol for phone in reading.phones] for reading in readings]
    found = _align(samples, said, [request.speaker.name for request in requests], cfg)
    return np.concatenate(
        [
            _distances(reading.phones, edges, cfg)
            for reading, edges in zip(readings, found, strict=True)
            if edges is not None
        ]
    )


def _measures(distance: np.ndarray) -> pd.DataFrame:
    near = {f"within {ms} ms (%)": 100 * float((distance <= ms).mean()) for ms in NEAR_MS}
    values = {"median distance (ms)": float(np.median(distance))} | near
    frame = pd.DataFrame({"column": list(values), "value": list(values.values())})
    frame = frame.assign(table=TABLE, row="starts", seed=ALL, n=len(distance), seeds=1, unit="")
    frame = frame.assign(ci_low=frame["value"], ci_high=frame["value"])
    return METRICS.validate(frame[list(METRICS.columns)])


def _captions(messages: Input, language: str, cfg: MonophoneParams) -> list[list[str]]:
    """Words of messages in a fixed random order, as many as are to be read."""
    table = read_messages(messages)
    texts = table.loc[table["language"] == language, "text"].sort_values()
    said = [spoken for text in texts if (spoken := spoken_words(text, language))]
    if not said:
        raise DataError(f"{messages} has no message in {language!r}")
    order = np.random.default_rng(0).permutation(len(said))
    total = np.cumsum([len(said[i]) for i in order])
    return [said[i] for i in order[: int(np.searchsorted(total, cfg.check_words)) + 1]]


def _align(
    samples: Iterable[np.ndarray],
    said: Sequence[Sequence[str]],
    speaker: Sequence[str],
    cfg: MonophoneParams,
) -> list[np.ndarray | None]:
    """Frames of the phones of every utterance, cepstra normalised over each speaker."""
    cepstra, loud = [], []
    for signal in samples:
        cepstra.append(mfcc(signal, cfg.features))
        level = levels(signal, cfg.features)
        loud.append(level >= level.max() - cfg.floor_db if len(level) else level > 0)
    sizes = [len(frames) for frames in cepstra]
    group = np.unique(np.asarray(speaker), return_inverse=True)[1]
    frames = normalise(np.concatenate(cepstra), np.repeat(group, sizes))
    parts: Sequence[Tensor] = torch.from_numpy(frames).split(sizes)
    return align([with_differences(part.numpy()) for part in parts], loud, said, cfg)


def _table(
    utterance: str, phones: Sequence[str], edges: np.ndarray, cfg: MonophoneParams
) -> pd.DataFrame:
    times = edges * cfg.features.shift_ms / 1000
    return pd.DataFrame(
        {"utterance": utterance, "phone": phones, "start": times[:, 0], "end": times[:, 1]}
    )


def _distances(truth: Sequence, edges: np.ndarray, cfg: MonophoneParams) -> np.ndarray:
    """Milliseconds between the true and the found start of each phone that sounds by itself."""
    sounds = np.array([phone.end > phone.start for phone in truth])
    start = np.array([phone.start for phone in truth]) * 1000
    return np.abs(edges[:, 0] * cfg.features.shift_ms - start)[sounds]

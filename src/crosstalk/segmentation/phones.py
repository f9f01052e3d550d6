"""Where the phones of recordings are, and how well that is known where the truth is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import torch
from lhotse.cut import Cut
from torch import Tensor

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.params.ctc_alignment import CtcAlignmentParams
from crosstalk.params.grounding import Aligner
from crosstalk.params.monophones import MonophoneParams
from crosstalk.params.packed import PackParams
from crosstalk.params.speech import SpokenParams
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.progress import progress
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.segmentation import ctc_alignment
from crosstalk.segmentation.monophones import align, with_differences
from crosstalk.speech.features import levels, mfcc, normalise
from crosstalk.speech.packing import features, frame_rate, normalised
from crosstalk.speech.reading import Request, read_aloud
from crosstalk.speech.spoken import speakers, spoken_words, voices_of
from crosstalk.speech.synthesis import Interval
from crosstalk.stage import Input, Output

COLUMNS = ("utterance", "phone", "start", "end")
"""A row a phone, in the order of speech; times in seconds from the start of the utterance."""
TABLE = "boundaries"
NEAR_MS = (20, 50)
"""Distances up to which a boundary counts as near."""


def align_phones(
    *,
    cfg: MonophoneParams,
    ctc: CtcAlignmentParams,
    network: XlsrModelParams,
    pack: PackParams,
    aligner: Aligner,
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

    ``measures`` says how far the boundaries of every aligner are from the truth where it is known:
    in ``messages`` read by eSpeak NG, aligned in the same way. A boundary is the start of a phone;
    where eSpeak NG sounds two phones as one, there is none. eSpeak NG counts the closure of a
    plosive to the phone before it, an alignment rather to the plosive, so agreement has its bounds.

    Raises
    ------
    DataError
        Audio was not given, or a language has no recording that is long enough, or no message.

    """
    given = {path.name for path in audio}
    aligners = {
        "monophones": lambda spoken: by_monophones(spoken, cfg),
        "ctc": lambda spoken: by_ctc(spoken, ctc, network, pack),
    }
    cuts = [
        cut
        for pair in zip(recordings, supervisions, strict=True)
        for cut in read_cuts(*pair)
        if cut.supervisions[0].language in languages
    ]
    parts, distances = [], {name: [] for name in aligners}
    for language in languages:
        mine = [cut for cut in cuts if cut.supervisions[0].language == language]
        if not mine:
            raise DataError(f"there is no recording in {language!r}: prepare one of its sources")
        for cut in mine:
            name = cut.recording.sources[0].source.rsplit("/", 1)[-1]
            if name not in given:
                raise DataError(f"the audio of {cut.id} was not given: pass {name}")
        spoken = Spoken.of(mine, language)
        for cut, text, edges in zip(mine, spoken.phones, aligners[aligner](spoken), strict=True):
            if edges is not None:
                times = {"start": edges[:, 0], "end": edges[:, 1]}
                table = {"utterance": cut.supervisions[0].id, "phone": text, **times}
                parts.append(pd.DataFrame(table))
        read = read_captions(_captions(messages, language, cfg), language)
        for name, find in aligners.items():
            distances[name].append(distance_from_truth(*read, find))
    pd.concat(parts, ignore_index=True)[list(COLUMNS)].to_parquet(
        phones, index=False, compression="zstd"
    )
    rows = [_measures(name, np.concatenate(found)) for name, found in distances.items()]
    METRICS.validate(pd.concat(rows)).to_csv(measures, index=False, float_format="%.4f")


def read_phones(path: Input) -> pd.DataFrame:
    """Read what `align_phones` wrote; raises DataError if the file is anything else."""
    return read_columns(path, COLUMNS)


@dataclass(frozen=True)
class Spoken:
    """Utterances of one language and what they say."""

    language: str
    signals: Callable[[], Iterable[np.ndarray]]
    """Reads the samples float32 [n] of each utterance, one after another."""
    phones: list[list[str]]
    speakers: list[str]

    @classmethod
    def of(cls, cuts: Sequence[Cut], language: str) -> Self:
        """Open recordings."""
        said = [cut.supervisions[0].custom["phonemes"].split() for cut in cuts]
        speakers = [cut.supervisions[0].speaker for cut in cuts]
        shown = {"label": f"phones {language}", "unit": "utt"}
        return cls(
            language,
            lambda: (cut.load_audio()[0] for cut in progress(cuts, **shown)),
            said,
            speakers,
        )


type Align = Callable[[Spoken], list[np.ndarray | None]]
"""Finds start and end of every phone of every utterance in seconds, float64 [L, 2] each."""


def by_monophones(spoken: Spoken, cfg: MonophoneParams) -> list[np.ndarray | None]:
    """Align by `crosstalk.segmentation.monophones`, cepstra normalised over each speaker."""
    cepstra, loud = [], []
    for signal in spoken.signals():
        cepstra.append(mfcc(signal, cfg.features))
        level = levels(signal, cfg.features)
        loud.append(level >= level.max() - cfg.floor_db if len(level) else level > 0)
    sizes = [len(frames) for frames in cepstra]
    group = np.unique(np.asarray(spoken.speakers), return_inverse=True)[1]
    frames = normalise(np.concatenate(cepstra), np.repeat(group, sizes))
    parts: Sequence[Tensor] = torch.from_numpy(frames).split(sizes)
    found = align([with_differences(part.numpy()) for part in parts], loud, spoken.phones, cfg)
    shift = cfg.features.shift_ms / 1000
    return [None if edges is None else edges * shift for edges in found]


def by_ctc(
    spoken: Spoken, cfg: CtcAlignmentParams, network: XlsrModelParams, pack: PackParams
) -> list[np.ndarray | None]:
    """Align by `crosstalk.segmentation.ctc_alignment`, on what the network reads."""
    frames = [
        normalised(features(torch.from_numpy(signal)[None], pack), f"{spoken.language} {number}")
        for number, signal in enumerate(spoken.signals())
    ]
    return ctc_alignment.align(
        frames, frame_rate(pack), spoken.phones, network, cfg, label=spoken.language
    )


def read_captions(texts: Sequence[list[str]], language: str) -> tuple[Spoken, list[list[Interval]]]:
    """Have eSpeak NG read texts, by many voices in turn; it knows when it says which phone."""
    params = SpokenParams()
    voices = speakers(voices_of("train", language, params), params, seed=0)
    requests = [Request(text, voices[i % len(voices)]) for i, text in enumerate(texts)]
    readings = list(read_aloud(requests, workers=1))
    truth = [reading.phones for reading in readings]
    spoken = Spoken(
        f"{language}, read aloud",
        lambda: (reading.samples / np.float32(32768) for reading in readings),
        [[phone.symbol for phone in phones] for phones in truth],
        [request.speaker.name for request in requests],
    )
    return spoken, truth


def distance_from_truth(
    spoken: Spoken, truth: Sequence[Sequence[Interval]], find: Align
) -> np.ndarray:
    """Milliseconds between true and found starts of phones, float64 [n].

    Of phones that sound by themselves, in utterances that could be aligned.
    """
    distances = []
    for phones, edges in zip(truth, find(spoken), strict=True):
        if edges is not None:
            sounds = np.array([phone.end > phone.start for phone in phones])
            start = np.array([phone.start for phone in phones])
            distances.append(1000 * np.abs(edges[:, 0] - start)[sounds])
    return np.concatenate(distances)


def _measures(row: str, distance: np.ndarray) -> pd.DataFrame:
    near = {f"within {ms} ms (%)": 100 * float((distance <= ms).mean()) for ms in NEAR_MS}
    values = {"median distance (ms)": float(np.median(distance))} | near
    frame = pd.DataFrame({"column": list(values), "value": list(values.values())})
    frame = frame.assign(table=TABLE, row=row, seed=ALL, n=len(distance), seeds=1, unit="")
    frame = frame.assign(ci_low=frame["value"], ci_high=frame["value"])
    return frame[list(METRICS.columns)]


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

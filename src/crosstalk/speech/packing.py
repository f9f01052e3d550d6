"""The stage that packs recordings of several sources into one array of frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path

import pandas as pd
import torch
from lhotse import CutSet
from lhotse.cut import Cut
from torch import Tensor
from torchaudio.compliance import kaldi

from crosstalk.corpora.manifests import SAMPLE_RATE, read_cuts
from crosstalk.corpora.splits import said_before, split_of
from crosstalk.errors import DataError
from crosstalk.params.packed import PackParams
from crosstalk.params.splits import SplitParams
from crosstalk.progress import progress
from crosstalk.speech.packed import CUT_COLUMNS
from crosstalk.speech.streamed import write_frames
from crosstalk.stage import Input, Output

_CONSTANT = 1e-5  # a smaller deviation is rounding, not speech


def pack_speech(
    *,
    cfg: PackParams,
    splits: SplitParams,
    recordings: list[Input],
    supervisions: list[Input],
    audio: list[Input],
    frames: Output,
    cuts: Output,
) -> None:
    """Pack the utterances of several sources, in the order given.

    ``recordings`` and ``supervisions`` are the manifests of each source; ``audio`` are the files
    that they name. A source that has no splits of its own is split by what is said; an utterance
    of training that is written or sounds like one of development or test is left out, and one of
    development that is like one of test.

    Raises
    ------
    DataError
        Manifests do not belong together, audio is broken or not given, an utterance is shorter than
        one frame, or two have one id.

    """
    if len(recordings) != len(supervisions):
        raise DataError(
            f"{len(recordings)} manifests of recordings, but {len(supervisions)} of supervisions: "
            "give both of each source"
        )
    read = [read_cuts(*pair) for pair in zip(recordings, supervisions, strict=True)]
    spoken = list(_utterances(read, audio))
    table = pd.DataFrame([_row(cut, splits) for cut in spoken], columns=list(CUT_COLUMNS))
    if not table["id"].is_unique:
        twice = table["id"][table["id"].duplicated()].iloc[0]
        raise DataError(f"utterance {twice} is there twice: give every source once")
    kept = ~_repeated(table, [_own_split(cut) is None for cut in spoken])
    pieces = (
        normalised(features(_samples(cut), cfg), cut.id)
        for cut in progress(list(compress(spoken, kept)), label="packing", unit="utt")
    )
    write_frames(frames, pieces, frame_rate(cfg))
    table[kept].to_parquet(cuts, index=False)


def _utterances(sources: list[CutSet], audio: list[Path]) -> Iterator[Cut]:
    given = {path.resolve() for path in audio}
    for cuts in sources:
        for cut in cuts:
            path = Path(cut.recording.sources[0].source)
            if path.resolve() not in given:
                raise DataError(f"{path} was not given, which holds {cut.id}: pass it as audio")
            if cut.sampling_rate != SAMPLE_RATE:
                raise DataError(f"{path} is at {cut.sampling_rate} Hz, not {SAMPLE_RATE}: resample")
            yield cut


def _repeated(table: pd.DataFrame, by_fold: Sequence[bool]) -> pd.Series:
    """Which rows of `CUT_COLUMNS`, of those split by fold, are said before in their language."""
    repeated = pd.Series(False, index=table.index)
    for _, rows in table[list(by_fold)].groupby("language"):
        for column in ("text", "phones"):
            known = said_before(
                rows[column].tolist(), rows["split"].tolist(), ("test", "dev", "train")
            )
            repeated[rows.index[known]] = True
    return repeated


def _own_split(cut: Cut) -> str | None:
    """Return the split that a corpus gives an utterance itself."""
    return (cut.supervisions[0].custom or {}).get("split")


def _samples(cut: Cut) -> Tensor:
    try:
        return torch.from_numpy(cut.load_audio())
    except Exception as error:  # lhotse raises errors of many libraries
        raise DataError(f"the audio of {cut.id} cannot be read ({error}): make it again") from error


def features(samples: Tensor, cfg: PackParams) -> Tensor:
    """Turn samples float32 [1, n] into [n, 1], or Kaldi's log-mel energies [T, mel_bins]."""
    if cfg.features == "samples":
        return samples.T
    return kaldi.fbank(
        samples,
        num_mel_bins=cfg.mel_bins,
        frame_length=cfg.window_ms,
        frame_shift=cfg.shift_ms,
        sample_frequency=SAMPLE_RATE,
        snip_edges=False,
    )


def frame_rate(cfg: PackParams) -> float:
    """Frames of `features` a second."""
    return SAMPLE_RATE if cfg.features == "samples" else 1000 / cfg.shift_ms


def normalised(frames: Tensor, name: str) -> Tensor:
    """Mean 0 and variance 1 of every column, float16; what is constant becomes 0.

    Raises
    ------
    DataError
        There is no frame; says so of the utterance ``name``.

    """
    if not len(frames):
        raise DataError(f"utterance {name} is shorter than one frame: leave it out")
    deviation, mean = torch.std_mean(frames, dim=0, correction=0)
    return ((frames - mean) / torch.where(deviation < _CONSTANT, torch.inf, deviation)).half()


def _row(cut: Cut, splits: SplitParams) -> tuple[object, ...]:
    (said,) = cut.supervisions
    known = said.custom or {}
    missing = [name for name in ("fold", "item", "phonemes") if name not in known]
    if missing:
        raise DataError(f"utterance {cut.id} lacks {', '.join(missing)}: prepare its source again")
    return (
        said.id,
        known.get("source", said.recording_id),
        said.language,
        said.speaker,
        _own_split(cut) or split_of(known["fold"], splits),
        known["item"],
        cut.duration,
        said.text,
        known["phonemes"],
    )

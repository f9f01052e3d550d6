"""Utterances read aloud at 16 kHz by worker processes.

Apart from the stage that uses it, so that a worker starts without torch and lhotse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import soxr

from crosstalk.errors import CrosstalkError
from crosstalk.speech.synthesis import SAMPLE_RATE, Interval, Synthesiser

RATE = 16000  # Hz

# A block is a second of work: long enough to outweigh the start of its engine and the hand-over.
_BLOCK = 64


@dataclass(frozen=True)
class Speaker:
    """A voice with its habits."""

    name: str
    voice: str
    rate: int
    pitch: int


@dataclass(frozen=True)
class Request:
    """Words, with clause marks, for one speaker."""

    words: Sequence[str]
    speaker: Speaker


@dataclass(frozen=True)
class Reading:
    """The request spoken: int16 [n] at `RATE`, with the times of words and phones in seconds."""

    samples: np.ndarray
    words: list[Interval]
    phones: list[Interval]


def read_aloud(requests: Sequence[Request], *, workers: int) -> Iterator[Reading]:
    """Speak requests in order.

    What comes out does not depend on the number of workers: every utterance starts from a fresh
    engine (see `crosstalk.speech.synthesis`).

    Raises
    ------
    ParameterError
        A voice that eSpeak NG does not have.
    CrosstalkError
        The engine is missing or broken, or a worker was killed.

    """
    blocks = [requests[i : i + _BLOCK] for i in range(0, len(requests), _BLOCK)]
    if workers == 1 or len(blocks) == 1:
        for block in blocks:
            yield from _read_block(block)
        return
    # Spawned, not forked: the parent has threads (Arrow, BLAS) that a fork would cut off.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for readings in pool.map(_read_block, blocks):
                yield from readings
        except BrokenProcessPool as error:
            raise CrosstalkError(
                "a speech synthesis worker was killed, probably for want of memory: "
                "run again with fewer workers"
            ) from error


def _read_block(requests: Sequence[Request]) -> list[Reading]:
    with Synthesiser() as engine:
        return [_read(engine, request) for request in requests]


def _read(engine: Synthesiser, request: Request) -> Reading:
    speaker = request.speaker
    utterance = engine.speak(
        request.words, voice=speaker.voice, rate=speaker.rate, pitch=speaker.pitch
    )
    return Reading(_resample(utterance.samples), utterance.words, utterance.phones)


def _resample(samples: np.ndarray) -> np.ndarray:
    """Bring int16 [n] of the engine to `RATE`.

    In floating point: integers soxr would dither, with a seed that it takes from the clock.
    """
    resampled = soxr.resample(samples.astype(np.float32), SAMPLE_RATE, RATE)
    limits = np.iinfo(np.int16)
    return np.rint(resampled).clip(limits.min, limits.max).astype(np.int16)

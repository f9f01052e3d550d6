"""Speech with exact word and phone boundaries, from eSpeak NG through ctypes.

Three properties of the engine shape this module; all were measured on eSpeak NG 1.52.

* **It remembers.** Pitch flutter, noise and glottal phase run on from one utterance to the next,
  and the noise is seeded with the time of day, so a sentence never sounds the same twice. The
  library is therefore unloaded and loaded again before each utterance (0.6 ms): an utterance
  depends on its words and its speaker alone, whatever was spoken before, in whichever process.
* **It joins words.** "of the", "in the" and some 200 other groups are one dictionary entry with
  one event (2.5 % of running English words lose theirs). A zero-width space before every word
  keeps them apart: none of 21,523 words was lost, and 0.5 % of phones change, mostly from a
  reduced to a fuller vowel.
* **It forgives.** A voice variant that does not exist is silently the plain voice, so variants
  are checked here.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from crosstalk.errors import CrosstalkError, ParameterError
from crosstalk.speech import espeak

SAMPLE_RATE = 22050  # of every eSpeak NG voice

_ZERO_WIDTH_SPACE = "\u200b"
_CLAUSE_MARKS = ",;:.!?"

# speak_lib.h of eSpeak NG
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEMES_IN_IPA, _DO_NOT_EXIT = 0x1, 0x2, 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE, _PITCH = 1, 3
_LIST_END, _WORD, _PHONEME = 0, 1, 7

# Klatt voices with breath, whose noise differs even when the engine is new and seeded. All other
# variants repeat themselves.
_IRREPRODUCIBLE = frozenset({"Reed", "caleb"})

_STRESS = re.compile("[ˈˌ]")
_VOWELS = frozenset("aeiouyæøœɐɑɒɔɘəɚɛɜɝɞɤɨɪɯɵɶʉʊʌʏᵻᵿ")


class Interval(NamedTuple):
    """A word or phone and when it sounds, in seconds from the start of the utterance."""

    symbol: str
    start: float
    end: float


@dataclass(frozen=True)
class Utterance:
    """Synthesised speech.

    Attributes
    ----------
    samples
        int16 [n] at `SAMPLE_RATE`.
    words
        the words that were spoken, in order, without overlap, pauses left out.
    phones
        IPA without stress marks. The first phone of a word starts with the word. Within
        a word a plosive starts at its burst: the closure counts to the phone before. A phone
        that eSpeak renders as part of its neighbour has no duration.
    silent
        indices of given words that have nothing to pronounce, such as a lone dash.

    """

    samples: np.ndarray
    words: list[Interval]
    phones: list[Interval]
    silent: list[int]


class Synthesiser:
    """The engine, in a private copy; a context manager.

    Private, because a library that anyone else holds (phonemizer does) cannot be unloaded. Several
    may live in one process, but one cannot be used by two threads at a time.

    Raises
    ------
    CrosstalkError
        library or data are missing or broken, or the system cannot unload them.

    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crosstalk-espeak-")
        root = Path(self._folder.name)
        self._library_file = Path(shutil.copy(espeak.library_path(), root))
        self._data = root / "data"
        _link_data(espeak.data_path(), self._data)
        self._callback = _CALLBACK(self._receive)
        self._audio: list[bytes] = []
        self._events: list[_Occurrence] = []
        self._system = ctypes.CDLL(None)
        self._unload(self._load())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def speak(
        self, words: Sequence[str], *, voice: str, rate: int = 175, pitch: int = 50
    ) -> Utterance:
        """Speak words as one utterance. The same arguments always give the same bytes.

        Parameters
        ----------
        words
            one word each; one of ``, ; : . ! ?`` at its end makes a pause after it and
            shapes the intonation.
        voice
            language tag of eSpeak, and a variant: ``en-us+f3``.
        rate
            words a minute, 80 to 450.
        pitch
            0 to 99, 50 being the voice's own.

        Raises
        ------
        ParameterError
            no such voice or variant.
        CrosstalkError
            the engine gave no audio.

        """
        self._check_voice(voice)
        text = " ".join(_ZERO_WIDTH_SPACE + word for word in words)
        library = self._load()
        try:
            self._audio, self._events = [], []
            library.espeak_SetVoiceByName(voice.encode())
            library.espeak_SetParameter(_RATE, rate, 0)
            library.espeak_SetParameter(_PITCH, pitch, 0)
            encoded = text.encode()
            status = library.espeak_Synth(
                encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
            )
        finally:
            self._unload(library)
        samples = np.frombuffer(b"".join(self._audio), dtype=np.int16)
        if status != 0 or (len(words) > 0 and samples.size == 0):
            raise CrosstalkError(f"eSpeak NG spoke nothing for {' '.join(words)!r}")
        return _utterance(words, samples, self._events)

    def _load(self) -> ctypes.CDLL:
        try:
            library = ctypes.CDLL(str(self._library_file))
            library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
            library.espeak_Synth.argtypes = _SYNTH_ARGUMENTS
        except (OSError, AttributeError) as error:
            raise CrosstalkError(f"eSpeak NG does not load ({error}): {espeak.REMEDY}") from error
        options = _PHONEME_EVENTS | _PHONEMES_IN_IPA | _DO_NOT_EXIT
        rate = library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, str(self._data).encode(), options
        )
        if rate != SAMPLE_RATE:
            raise CrosstalkError(f"eSpeak NG does not start (code {rate}): {espeak.REMEDY}")
        library.espeak_ng_SetRandSeed(0)
        library.espeak_SetSynthCallback(self._callback)
        return library

    def _unload(self, library: ctypes.CDLL) -> None:
        library.espeak_Terminate()
        self._system.dlclose(ctypes.c_void_p(library._handle))
        try:
            ctypes.CDLL(str(self._library_file), mode=os.RTLD_NOLOAD)
        except OSError:
            return
        raise CrosstalkError(
            "this system keeps the eSpeak NG library loaded, so its speech would not be "
            "reproducible: synthesise on Linux with glibc"
        )

    def _receive(self, samples: object, count: int, events: object) -> int:
        if samples and count > 0:
            self._audio.append(ctypes.string_at(samples, 2 * count))
        for event in events:
            if event.type == _LIST_END:
                break
            if event.type in (_WORD, _PHONEME):
                name = event.name.decode(errors="ignore")
                self._events.append(
                    _Occurrence(event.type == _WORD, event.text_position - 1, event.sample, name)
                )
        return 0

    def _check_voice(self, voice: str) -> None:
        base, _, variant = voice.partition("+")
        folder = self._data / "voices"
        known, tried = sorted(p.name for p in folder.iterdir() if p.name != "!v"), base
        if base in known and variant:
            known, tried = sorted(p.name for p in (folder / "!v").iterdir()), variant
        if tried not in known:
            near = get_close_matches(tried, known, n=3, cutoff=0.0)
            raise ParameterError(f"voice {voice!r}: eSpeak NG has no {tried!r}; nearest: {near}")
        if variant in _IRREPRODUCIBLE:
            raise ParameterError(f"voice {voice!r} never sounds the same twice: choose another")


class _Event(ctypes.Structure):
    """``espeak_EVENT``; its last field is a union, of which a phone's name is one member."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


class _Occurrence(NamedTuple):
    is_word: bool
    position: int  # characters from the start of the text
    sample: int
    name: str


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_SYNTH_ARGUMENTS = [
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_uint,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.c_void_p,
    ctypes.c_void_p,
]


def _link_data(source: Path, target: Path) -> None:
    """Mirror the data folder with a link for each voice under its language tag.

    eSpeak looks a tag up by reading all its 240 voice files, unless a file of that name lies in
    ``voices``; this saves half of the time that a short utterance takes.
    """
    (target / "voices").mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name != "voices":
            (target / entry.name).symlink_to(entry)
    (target / "voices" / "!v").symlink_to(source / "voices" / "!v")
    for tag, identifier in espeak.voices().items():
        file = source / "lang" / identifier
        if file.is_file():
            (target / "voices" / tag.lower()).symlink_to(file)


def _utterance(
    words: Sequence[str], samples: np.ndarray, events: Sequence[_Occurrence]
) -> Utterance:
    """Assign the engine's events to the words they belong to."""
    # Each word's last character; the event of a sentence's first word may point at the blank
    # before it, so an event belongs to the first word that ends at or after its position.
    ends = [end - 2 for end in accumulate(len(word) + 2 for word in words)]
    spans: dict[int, tuple[int, int]] = {}
    phones: list[tuple[str, int, int]] = []
    current, onset, after_phone = 0, None, False
    for event, following in pairwise([*events, None]):
        if event.is_word:
            if onset is None:  # two events for one word ("iv" is read as "four")
                onset = event.sample
            current = min(bisect_right(ends, event.position - 1), len(words) - 1)
            continue
        if not event.name:  # a pause
            after_phone = False
            continue
        start = event.sample if onset is None else onset
        if onset is not None and after_phone and event.name.lstrip("ˈˌ")[0] in _VOWELS:
            # The engine sounds a nasal or liquid before a vowel together with the vowel's start,
            # after the event of the vowel's word: that stretch belongs to the word before.
            start = event.sample
            symbol, began, _ = phones[-1]
            phones[-1] = (symbol, began, start)
            owner = max(spans)
            spans[owner] = (spans[owner][0], start)
        end = following.sample if following is not None else samples.size
        spans[current] = (spans[current][0] if current in spans else start, end)
        phones.append((_STRESS.sub("", event.name), start, end))
        onset, after_phone = None, True
    spoken = [(words[i].rstrip(_CLAUSE_MARKS), *span) for i, span in sorted(spans.items())]
    silent = [index for index in range(len(words)) if index not in spans]
    return Utterance(samples, _in_seconds(spoken), _in_seconds(phones), silent)


def _in_seconds(spans: Iterable[tuple[str, int, int]]) -> list[Interval]:
    return [Interval(s, start / SAMPLE_RATE, end / SAMPLE_RATE) for s, start, end in spans]

"""Boundaries and reproducibility of synthetic speech."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.errors import CrosstalkError, ParameterError
from crosstalk.params.speech import SpokenParams
from crosstalk.speech import espeak
from crosstalk.speech.reading import Request, Speaker, read_aloud
from crosstalk.speech.spoken import SPLITS, voices_of
from crosstalk.speech.synthesis import SAMPLE_RATE, Synthesiser

VOICE = "en-us+f1"

# Words that the engine's dictionary joins, clitics, letters and pauses.
JOINED = "one of the kings is no longer in the castle because of a horse"
CONNECTED = "of the to be in with a i no more elves don't you. far, wolf's x apple."


@pytest.fixture(scope="module")
def engine():
    with Synthesiser() as engine:
        yield engine


def default_voices():
    return sorted({v for split in SPLITS for v in voices_of(split, "en", SpokenParams())})


def energy(utterance, start, end):
    samples = utterance.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return float(np.mean(samples.astype(float) ** 2))


def assert_well_formed(utterance):
    """Words and phones are ordered, inside the audio, and phones tile the words."""
    seconds = len(utterance.samples) / SAMPLE_RATE
    edges = [time for word in utterance.words for time in (word.start, word.end)]
    assert edges == sorted(edges)
    assert all(word.start < word.end for word in utterance.words)
    assert edges[0] >= 0
    assert edges[-1] <= seconds
    for word in utterance.words:
        inside = [p for p in utterance.phones if word.start <= p.start < word.end]
        assert inside[0].start == word.start
        assert inside[-1].end == word.end
        assert all(a.end == b.start for a, b in itertools.pairwise(inside))


def test_words_that_the_dictionary_joins_each_have_an_interval(engine):
    words = JOINED.split()
    utterance = engine.speak(words, voice=VOICE)
    assert [word.symbol for word in utterance.words] == words
    assert_well_formed(utterance)


def test_phones_of_a_word_are_its_own(engine):
    # The final nasals are sounded together with the vowels that follow; they must not move over.
    utterance = engine.speak(["king", "of", "an", "elf"], voice=VOICE)
    found = [
        [p.symbol for p in utterance.phones if word.start <= p.start < word.end]
        for word in utterance.words
    ]
    assert [len(phones) for phones in found] == [3, 2, 2, 3]
    assert [phones[-1] for phones in found] == ["ŋ", "v", "n", "f"]
    assert min(p.end - p.start for p in utterance.phones if p.symbol in "ŋn") > 0.03


def test_a_comma_is_silence_between_words(engine):
    utterance = engine.speak(["soldiers,", "march.", "now"], voice=VOICE)
    assert [word.symbol for word in utterance.words] == ["soldiers", "march", "now"]
    loudness = [energy(utterance, word.start, word.end) for word in utterance.words]
    for before, after in zip(utterance.words, utterance.words[1:], strict=False):
        assert after.start - before.end > 0.1
        assert energy(utterance, before.end + 0.02, after.start) < min(loudness) / 1000


def test_what_cannot_be_pronounced_is_reported(engine):
    utterance = engine.speak(["wait", "—", "here"], voice=VOICE)
    assert [word.symbol for word in utterance.words] == ["wait", "here"]
    assert utterance.silent == [1]


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from(
            [
                "of",
                "the",
                "to",
                "be",
                "in",
                "with",
                "a",
                "i",
                "no",
                "more",
                "elves",
                "don't",
                "you.",
                "far,",
                "more",
                "wolf's",
                "x",
                "apple.",
            ]
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_word_sequence_is_aligned_word_for_word(engine, words):
    utterance = engine.speak(words, voice=VOICE)
    assert [word.symbol for word in utterance.words] == [word.rstrip(",.") for word in words]
    assert_well_formed(utterance)


def test_an_utterance_does_not_depend_on_what_was_said_before(engine):
    # m1 has pitch flutter, and f3 roughness, both of which the engine carries on.
    for voice in ("en-us+m1", "en-us+f3"):
        first = engine.speak(["castle", "walls"], voice=voice)
        engine.speak(["something", "else", "entirely"], voice="en-us+whisper", rate=300)
        again = engine.speak(["castle", "walls"], voice=voice)
        np.testing.assert_array_equal(again.samples, first.samples)
        assert again.phones == first.phones


def test_every_default_voice_repeats_itself(engine):
    for voice in default_voices():
        one, two = (engine.speak(["sixth", "elves"], voice=voice).samples for _ in range(2))
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ParameterError, match=r"'en-us\+Reed' never sounds the same twice"):
        engine.speak(["a"], voice="en-us+Reed")


def test_roman_numerals_are_one_word(engine):
    # "iv" is read as "four" with two events.
    utterance = engine.speak(["henry", "iv", "came"], voice=VOICE)
    assert [word.symbol for word in utterance.words] == ["henry", "iv", "came"]


def test_voice_rate_and_pitch_change_the_speech(engine):
    words = ["we", "march", "at", "dawn"]
    spoken = [
        engine.speak(words, voice=voice, rate=rate, pitch=pitch).samples.tobytes()
        for voice, rate, pitch in [
            (VOICE, 175, 50),
            ("en-us+m3", 175, 50),
            (VOICE, 200, 50),
            (VOICE, 175, 60),
        ]
    ]
    assert len(set(spoken)) == 4
    assert len(spoken[2]) < len(spoken[0])


def test_default_voices_exist_and_differ(engine):
    spectra = []
    for voice in default_voices():
        samples = engine.speak(["the", "wise", "old", "elf"], voice=voice).samples / 32768
        spectrum = np.abs(np.fft.rfft(samples, n=2 * SAMPLE_RATE))[: SAMPLE_RATE // 2]
        bands = np.log([band.mean() for band in np.array_split(spectrum, 40)])
        spectra.append(bands - bands.mean())
    distances = [np.abs(a - b).mean() for i, a in enumerate(spectra) for b in spectra[i + 1 :]]
    assert min(distances) > 0.05


def test_workers_do_not_change_the_speech():
    speakers = [Speaker(voice, voice, 180, 45) for voice in ("en-us+m1", "en-us+f2")]
    requests = [
        Request(["number", word], speakers[i % 2])
        for i, word in enumerate(("north", "south", "east", "west") * 20)
    ]
    alone = list(read_aloud(requests, workers=1))
    shared = list(read_aloud(requests, workers=2))
    assert len(alone) == len(shared) == len(requests)
    for a, b in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)
        assert (a.words, a.phones) == (b.words, b.phones)


def test_unknown_variant_is_an_error_with_near_ones(engine):
    with pytest.raises(ParameterError, match=r"'en-us\+f9'.*no 'f9'.*'f5'"):
        engine.speak(["a"], voice="en-us+f9")
    with pytest.raises(ParameterError, match=r"no 'en-uk'.*'en-us'"):
        engine.speak(["a"], voice="en-uk")


def test_a_broken_library_is_one_clear_line(monkeypatch, tmp_path):
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"not a library")
    espeak.voices()
    monkeypatch.setattr(espeak.espeakng_loader, "get_library_path", lambda: str(broken))
    with pytest.raises(CrosstalkError, match=r"eSpeak NG does not load .*: reinstall"):
        Synthesiser()

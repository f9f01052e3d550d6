"""The oscillator against its equation, and the candidates and paths against enumeration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.params.segmentation import SyllableParams
from crosstalk.segmentation.syllables import (
    candidates,
    cheapest_words,
    find_syllables,
    sonority,
    speech_stretches,
)

SHIFT = 10.0  # ms


def humps(lengths):
    """Levels in dB of an amplitude that rises and falls once a length."""
    return 20 * np.log10(
        np.concatenate([np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in lengths])
    )


def literal_oscillator(energy, cfg, steps=2000):
    """Small steps of x″ = ω² (e - x) - (ω/Q) x′; the value at each frame edge, shifted."""
    omega = 2 * math.pi * cfg.centre_hz
    dt = SHIFT / 1000 / steps
    drive = np.append(10 ** ((energy - energy.max()) / 20), np.zeros(40))
    position = velocity = 0.0
    path = [0.0]
    for force in drive:
        for _ in range(steps):
            velocity += dt * (omega**2 * (force - position) - omega / cfg.q * velocity)
            position += dt * velocity
        path.append(position)
    delay = 1 / (4 * cfg.centre_hz) / (SHIFT / 1000)
    curve = np.interp(np.arange(len(energy) + 1) + delay, np.arange(len(path)), path)
    return 20 * np.log10(np.maximum(curve / curve.max(), 10 ** (-cfg.silence_db / 20)))


@pytest.mark.parametrize("q", [0.3, 0.5, 0.9])
def test_oscillator_follows_its_equation(q):
    cfg = SyllableParams(q=q)
    energy = humps([9, 14])
    np.testing.assert_allclose(
        sonority(energy, cfg, SHIFT), literal_oscillator(energy, cfg, 200), atol=0.1
    )


def test_a_five_hertz_envelope_is_cut_at_its_valleys():
    syllables = find_syllables(humps([20] * 10), SyllableParams(), SHIFT)
    assert len(syllables) == 10
    np.testing.assert_allclose(syllables[:, 0], np.arange(0, 200, 20), atol=1)


def test_half_the_frame_shift_finds_the_same_instants():
    energy = humps([18, 25, 16, 22])
    coarse = find_syllables(energy, SyllableParams(), SHIFT)
    fine = find_syllables(np.repeat(energy, 2), SyllableParams(), SHIFT / 2)
    np.testing.assert_allclose(fine / 2, coarse, atol=1)


def test_loudness_does_not_matter():
    energy = humps([18, 25, 16, 22])
    found = [find_syllables(energy + gain, SyllableParams(), SHIFT) for gain in (0, -40, 13)]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_pauses_are_left_out_and_closures_are_not():
    speech = np.zeros(30)
    energy = np.concatenate([np.full(8, -90.0), speech, np.full(5, -90.0), speech])
    energy = np.concatenate([energy, np.full(40, -90.0), speech, np.full(3, -90.0)])
    assert speech_stretches(energy, SyllableParams(), SHIFT).tolist() == [[8, 73], [113, 143]]


def test_a_click_between_pauses_is_no_syllable():
    energy = np.full(100, -90.0)
    energy[50:53] = 0
    assert len(find_syllables(energy, SyllableParams(), SHIFT)) == 0


@pytest.mark.parametrize("energy", [np.empty(0), np.full(30, -np.inf)])
def test_nothing_to_hear_gives_no_syllables(energy):
    assert find_syllables(energy, SyllableParams(), SHIFT).shape == (0, 2)


@given(
    st.lists(st.floats(-100, 0, width=32), max_size=150),
    st.floats(10, 200),
    st.sampled_from([5.0, 10.0, 20.0]),
)
@settings(max_examples=60)
def test_syllables_fill_the_speech_and_are_long_enough(energy, minimal, shift):
    cfg = SyllableParams(minimal_syllable_ms=minimal)
    energy = np.array(energy)
    syllables = find_syllables(energy, cfg, shift)
    shortest = max(1, round(minimal / shift))
    assert (syllables[:, 1] - syllables[:, 0] >= shortest).all()
    covered = [t for first, last in syllables for t in range(first, last)]
    stretches = speech_stretches(energy, cfg, shift)
    assert covered == [t for a, b in stretches if b - a >= shortest for t in range(a, b)]


def lattice(draw_lengths, gaps, owners, **options):
    edges = np.cumsum([0, *draw_lengths])
    shift = np.cumsum(gaps)
    syllables = np.stack((edges[:-1] + shift, edges[1:] + shift), axis=1)
    return syllables, candidates(syllables, np.sort(owners), **options)


def divisions(count):
    """Every way to cut ``count`` syllables into runs, as tuples of sizes."""
    for cuts in itertools.product([0, 1], repeat=max(0, count - 1)):
        edges = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), count]
        yield tuple(np.diff(edges).tolist())


def legal(sizes, table):
    ends = np.cumsum(sizes)
    if max(sizes) > table.shape[1]:
        return None
    chosen = [int(table[end - 1, size - 1]) for end, size in zip(ends, sizes, strict=True)]
    return None if -1 in chosen else chosen


syllable_rows = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        *(
            st.lists(st.integers(low, high), min_size=n, max_size=n)
            for low, high in ((1, 9), (0, 1), (0, 1))
        )
    )
)


@given(syllable_rows, st.integers(1, 4), st.integers(0, 12))
@settings(max_examples=80)
def test_candidates_are_the_runs_without_pauses(rows, most, least):
    syllables, words = lattice(*rows, max_syllables=most, min_frames=least)
    owners = np.sort(rows[2])
    starts = {
        0,
        *(
            i
            for i in range(1, len(syllables))
            if syllables[i, 0] != syllables[i - 1, 1] or owners[i] != owners[i - 1]
        ),
    }
    bounds = [*sorted(starts), len(syllables)]
    expected = []
    for a, b in itertools.pairwise(bounds):

        def runs(least, a=a, b=b):
            return {
                (i, j)
                for i in range(a, b)
                for j in range(i + 1, min(b, i + most) + 1)
                if syllables[j - 1, 1] - syllables[i, 0] >= least
            }

        long_enough = runs(least)
        possible = any(
            all(
                (a + e - s, a + e) in long_enough
                for s, e in zip(sizes, np.cumsum(sizes), strict=True)
            )
            for sizes in divisions(b - a)
        )
        expected += long_enough if possible else runs(0)
    expected.sort(key=lambda run: (run[1], run[1] - run[0]))
    assert [(syllables[i, 0], syllables[j - 1, 1]) for i, j in expected] == list(
        zip(words.first.tolist(), words.last.tolist(), strict=True)
    )
    for number, (i, j) in enumerate(expected):
        assert words.table[j - 1, j - i - 1] == number
    assert (words.table >= 0).sum() == len(words) == len(expected)


@given(syllable_rows, st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_the_cheapest_words_are_those_of_all_segmentations(rows, most, seed):
    _, words = lattice(*rows, max_syllables=most, min_frames=0)
    costs = np.random.default_rng(seed).random(len(words))
    ways = [w for sizes in divisions(len(words.table)) if (w := legal(sizes, words.table))]
    best = min(ways, key=lambda way: costs[way].sum())
    assert cheapest_words(costs, words.table).tolist() == best

"""The paper's four numbers fit together, and intervals of ratios are paired."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.evaluation.gap import (
    Errors,
    bootstrap_errors,
    implied_gap,
    mean_errors,
    ratios,
)

error = st.floats(0.01, 0.5)


def test_the_papers_numbers_fit_together():
    """31.5 %, 10.84 % and 26.74 % imply 8.05 %; the paper prints 8.04 %."""
    assert 100 * implied_gap(0.315, 0.1084, 0.2674) == pytest.approx(8.05, abs=0.005)


@given(error, error, error, error)
def test_any_four_errors_satisfy_the_identity(a, b, c, d):
    found = ratios(Errors(a, b, c, d))
    implied = implied_gap(found.gap_audio, found.gain_mono, found.gain_bi)
    assert implied == pytest.approx(found.gap_grounded, abs=1e-9)


def test_ratios_by_hand():
    found = ratios(Errors(mono_audio=0.2, mono_grounded=0.18, bi_audio=0.25, bi_grounded=0.2))
    assert found == pytest.approx((0.25, 1 / 9, 0.1, 0.2))


def test_errors_are_averaged_before_ratios_are_taken():
    """Over seeds, then the phone pairs of a language, then languages, however many pairs it has."""
    values = np.array([[0.1, 0.3, 0.5]])
    groups = np.array([0, 0, 1])
    assert mean_errors(Errors(*[values] * 4), groups).mono_audio == pytest.approx(0.35)


def test_the_interval_of_a_ratio_is_paired():
    """Phone pairs differ much, models little: paired draws cancel what pairs have in common."""
    generator = np.random.default_rng(0)
    hard = generator.uniform(0.05, 0.5, size=(3, 200))
    noise = [1 + 0.02 * generator.normal(size=hard.shape) for _ in range(4)]
    four = [hard * n * f for n, f in zip(noise, (1, 0.9, 1.3, 1.0), strict=True)]
    groups = np.repeat([0, 1], 100)
    drawn = bootstrap_errors(Errors(*four), groups, resamples=1000, seed=0)
    point = ratios(mean_errors(Errors(*four), groups))
    spread = ratios(drawn)
    for value, samples in zip(point, spread, strict=True):
        low, high = np.quantile(samples, [0.025, 0.975])
        assert low < value < high
        assert high - low < 0.03  # one error alone spreads by some 0.1 relative
    assert np.ptp(np.quantile(drawn.mono_audio, [0.025, 0.975])) / point_error(hard) > 0.08


def point_error(values):
    return values.mean()


def test_draws_have_the_spread_of_a_mean():
    """One seed, one group: the bootstrap's variance is s²/n, as it must be."""
    values = np.random.default_rng(1).normal(0.3, 0.05, size=(1, 400))
    drawn = bootstrap_errors(Errors(*[values] * 4), np.zeros(400, int), resamples=4000, seed=0)
    assert drawn.bi_audio.mean() == pytest.approx(values.mean(), abs=2e-4)
    assert drawn.bi_audio.std() == pytest.approx(values.std() / 20, rel=0.06)


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(1).uniform(size=(2, 30))
    groups = np.repeat([0, 1], 15)
    first, again = (
        bootstrap_errors(Errors(*[values] * 4), groups, resamples=50, seed=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first.mono_audio, again.mono_audio)

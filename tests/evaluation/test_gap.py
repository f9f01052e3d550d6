"""The paper's four numbers fit together, and intervals of ratios are paired."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.evaluation.gap import Errors, implied_gap, mean_error, ratios, resampled_errors

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
    values, groups = np.array([[0.1, 0.3, 0.5]]), np.array([0, 0, 1])
    assert mean_error(values, groups) == pytest.approx(0.35)


def test_the_interval_of_a_ratio_is_paired():
    """Phone pairs differ much, models little: paired draws cancel what pairs have in common."""
    draw = np.random.default_rng(0)
    hard = draw.uniform(0.05, 0.5, size=(1, 200)).repeat(3, axis=0)
    names = ["mono_audio", "mono_grounded", "bi_audio", "bi_grounded"]
    factors = (1, 0.9, 1.3, 1.0)
    values = {
        name: hard * factor * (1 + 0.02 * draw.normal(size=hard.shape))
        for name, factor in zip(names, factors, strict=True)
    }
    groups = np.repeat(["fr", "ru"], 100)
    drawn = resampled_errors(values, groups, resamples=1000, seed=0)
    point = ratios(Errors(**{name: mean_error(values[name], groups) for name in names}))
    for value, samples in zip(point, ratios(Errors(**drawn)), strict=True):
        low, high = np.quantile(samples, [0.025, 0.975])
        assert low < value < high
        assert high - low < 0.03
    low, high = np.quantile(drawn["mono_audio"], [0.025, 0.975])
    assert (high - low) / mean_error(values["mono_audio"], groups) > 0.1  # of an error alone


def test_draws_have_the_spread_of_a_mean():
    """One seed, one group: the bootstrap's variance is s²/n, as it must be."""
    values = np.random.default_rng(1).normal(0.3, 0.05, size=(1, 400))
    drawn = resampled_errors({"m": values}, np.zeros(400), resamples=4000, seed=0)["m"]
    assert drawn.mean() == pytest.approx(values.mean(), abs=2e-4)
    assert drawn.std() == pytest.approx(values.std() / 20, rel=0.06)


def test_seeds_are_drawn_too():
    """Two seeds that disagree: a quarter of the draws see only the one, a quarter the other."""
    values = np.array([[0.2] * 50, [0.4] * 50])
    drawn = resampled_errors({"m": values}, np.zeros(50), resamples=4000, seed=0)["m"]
    assert {round(x, 6) for x in drawn} == {0.2, 0.3, 0.4}
    assert (drawn < 0.25).mean() == pytest.approx(0.25, abs=0.03)


@given(st.integers(0, 99))
def test_every_group_keeps_its_share(seed):
    """A language with many phone pairs weighs no more than one with few."""
    values = np.array([[0.1] * 30 + [0.5] * 3])
    groups = np.array(["fr"] * 30 + ["ru"] * 3)
    drawn = resampled_errors({"m": values}, groups, resamples=5, seed=seed)["m"]
    np.testing.assert_allclose(drawn, 0.3)
    assert mean_error(values, groups) == pytest.approx(0.3)

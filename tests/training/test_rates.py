"""Learning rates as factors: where they rise, hold and fall."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.training.rates import constant, rise_and_fall, rise_and_hold


@given(steps=st.integers(2, 300), share=st.floats(0, 0.9))
def test_rates_rise_once_and_never_leave_zero_to_one(steps, share):
    warm = round(share * steps)
    for rate, after in ((rise_and_hold(steps, share), 0), (rise_and_fall(steps, share), -1)):
        factors = [rate(step) for step in range(steps)]
        assert all(0 < factor <= 1 for factor in factors)
        slopes = [b - a for a, b in itertools.pairwise(factors)]
        assert all(slope > 0 for slope in slopes[: max(warm - 1, 0)])
        assert all(after * slope >= 0 or abs(slope) < 1e-12 for slope in slopes[warm + 1 :])


def test_the_ends_of_the_lines():
    held, falling = rise_and_hold(100, 0.1), rise_and_fall(100, 0.1)
    assert held(0) == falling(0) == pytest.approx(1 / 11)
    assert held(10) == held(99) == constant(5) == 1
    assert falling(99) == pytest.approx(1 / 90)

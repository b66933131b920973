import numpy as np
import pytest

from ctdspec.metrics.bootstrap import N_RESAMPLES, Estimate


def test_what_is_infinite_on_any_trials_is_without_a_warning():
    found = Estimate.certain(float("inf"))
    assert (found.value, found.low, found.high) == (float("inf"),) * 3


@pytest.mark.parametrize(("n_infinite", "high"), [(10, 1.0), (200, float("inf"))])
def test_infinite_resamples_are_the_largest_ones(n_infinite, high):
    values = np.ones(1 + N_RESAMPLES)
    values[1 : 1 + n_infinite] = np.inf
    found = Estimate.from_resamples(values)
    assert (found.value, found.low, found.high) == (1, 1, high)


def test_finite_ends_are_interpolated():
    found = Estimate.from_resamples(np.arange(-1.0, 41.0))
    assert (found.low, found.high) == pytest.approx((1.0, 39.0))

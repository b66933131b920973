import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.metrics.halves import split_half


def test_halves_share_nothing_and_miss_nothing():
    def distances(one, other):
        assert sorted([*one, *other]) == list(range(6))
        return len(one), float(0 in one)

    size, first = split_half(distances, 6, 400, np.random.default_rng(0))
    assert (size.value, size.low, size.high) == (3, 3, 3)
    assert first.value == pytest.approx(0.5, abs=0.1)  # four standard errors
    assert (first.low, first.high) == (0, 1)


def test_the_range_is_that_of_the_splits():
    rng = np.random.default_rng(1)
    (estimate,) = split_half(lambda one, other: (rng.standard_normal(),), 2, 20_000, np.random.default_rng(0))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0, -1.96, 1.96), abs=0.05)


def test_of_an_odd_number_one_trial_is_left_out():
    def distances(one, other):
        assert len(one) == len(other) == 2
        return (0.0,)

    split_half(distances, 5, 3, np.random.default_rng(0))


def test_one_trial_cannot_be_split():
    with pytest.raises(UsageError, match="at least two trials"):
        split_half(lambda one, other: (0.0,), 1, 3, np.random.default_rng(0))

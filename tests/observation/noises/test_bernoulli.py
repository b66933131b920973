import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.observation.noises.bernoulli import Bernoulli
from ctdspec.seeds import stream

BERNOULLI = Bernoulli(kind="bernoulli")


@pytest.mark.parametrize("mean", [0.0, 0.001, 0.01, 0.3, 0.5, 0.97, 1.0])
def test_counts_are_0_or_1_with_the_variance_of_a_coin(mean):
    n = 1_000_000
    counts = BERNOULLI.counts(np.full((10, n // 50, 5), mean, np.float32), stream(0, "x"))
    assert counts.dtype == np.uint16
    assert set(np.unique(counts)) <= {0, 1}
    # The mean alone decides a law of 0 and 1. 5 standard errors: a probability that is off by 1 % at 0.3,
    # or by 10 % at 0.01, fails with probability > 0.9.
    assert abs(counts.mean() - mean) <= 5 * np.sqrt(mean * (1 - mean) / n)


def test_one_trial_of_one_neuron_has_one_shape_and_draws_what_it_drew_before():
    expected = np.full((1, 7, 1), 0.4, np.float32)
    counts = BERNOULLI.counts(expected, stream(0, "x"))
    assert counts.shape == (1, 7, 1)
    np.testing.assert_array_equal(counts, BERNOULLI.counts(expected, stream(0, "x")))


def test_more_than_one_spike_per_bin_is_refused():
    with pytest.raises(
        UsageError, match=r"observation.rates: some bin expects 1.2 spikes.*at most 1 per bin"
    ):
        BERNOULLI.counts(np.full((1, 1, 1), 1.2, np.float32), stream(0, "x"))
    with pytest.raises(UsageError, match="expects nan"):
        BERNOULLI.counts(np.full((1, 1, 1), np.nan, np.float32), stream(0, "x"))


def test_a_mean_or_a_peak_above_one_spike_per_bin_is_refused_at_once():
    BERNOULLI.ensure_realises(np.array([3.0, 100.0]), None, 0.01)
    BERNOULLI.ensure_realises(np.array([3.0]), 100.0, 0.01)
    with pytest.raises(ValueError, match=r"expects 1.01 spikes.*shorten task.bin_s"):
        BERNOULLI.ensure_realises(np.array([3.0, 101.0]), None, 0.01)
    with pytest.raises(ValueError, match=r"expects 1\.5 spikes"):
        BERNOULLI.ensure_realises(np.array([3.0]), 150.0, 0.01)

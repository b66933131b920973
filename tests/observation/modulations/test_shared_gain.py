import numpy as np
import pytest
from scipy.stats import gamma, kstest

from ctdspec.observation.modulations.shared_gain import SharedGain
from ctdspec.seeds import stream

POPULATION = np.array([3, 3, 8, 8, 3])


def shared_gain(variance, sharing="population"):
    return SharedGain(kind="shared_gain", variance=variance, sharing=sharing)


@pytest.mark.parametrize("variance", [0.05, 0.4])
def test_counts_have_the_quadratic_mean_variance_law_and_correlate(variance):
    n, mean = 100_000, np.array([0.5, 2.0, 4.0, 8.0, 16.0])
    gains = shared_gain(variance).factors(n, POPULATION, stream(0, "x"))
    counts = stream(0, "y").poisson(mean * gains)
    covariance = np.cov(counts.T)
    together = POPULATION[:, None] == POPULATION
    expected = np.diag(mean) + variance * np.outer(mean, mean) * together
    # 5 standard errors of a covariance, widened for the kurtosis of gamma gains: a variance of the gain that
    # is off by 10 %, as seen at 16 spikes, or a correlation of 0.05 that should not be, fails with
    # probability > 0.9.
    sd = np.sqrt(np.diag(expected))
    widened = np.sqrt(1 + together + 6 * variance)
    assert (np.abs(covariance - expected) <= 5 * widened * np.outer(sd, sd) / np.sqrt(n)).all()
    assert (np.abs(counts.mean(axis=0) - mean) <= 5 * sd / np.sqrt(n)).all()


@pytest.mark.parametrize("variance", [0.01, 1.0, 4.0])
def test_gains_are_gamma_of_mean_1_and_positive(variance):
    gains = shared_gain(variance).factors(20_000, np.zeros(1, int), stream(1, "x"))
    assert gains.dtype == np.float32
    assert (gains > 0).all()
    # Kolmogorov–Smirnov at 20 000 gains: a distribution function off by 0.02 is found with power > 0.9.
    assert kstest(gains[:, 0], gamma(1 / variance, scale=variance).cdf).pvalue > 1e-3


def test_who_shares_a_gain():
    by_population = shared_gain(0.3).factors(50, POPULATION, stream(2, "x"))
    np.testing.assert_array_equal(by_population[:, 0], by_population[:, 4])
    np.testing.assert_array_equal(by_population[:, 2], by_population[:, 3])
    assert (by_population[:, 0] != by_population[:, 2]).all()
    by_all = shared_gain(0.3, "all").factors(50, POPULATION, stream(2, "x"))
    assert by_all.shape == (50, 5)
    assert (by_all == by_all[:, :1]).all()


def test_one_trial_of_one_neuron_and_the_same_draws_again():
    once, again = (shared_gain(0.3).factors(1, np.zeros(1, int), stream(3, "x")) for _ in range(2))
    assert once.shape == (1, 1)
    np.testing.assert_array_equal(once, again)

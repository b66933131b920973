import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from ctdspec.errors import UsageError
from ctdspec.observation.noises.poisson import Poisson
from ctdspec.seeds import stream


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.3, 1.16, 5.0, 50.0])
def test_poisson_counts_have_mean_and_variance_of_the_rate(mean):
    n = 400_000
    counts = Poisson(kind="poisson").counts(np.full((4, n // 40, 10), mean, np.float32), stream(0, "x"))
    assert counts.dtype == np.uint16
    counts = counts.astype(float)
    # 5 standard errors of the mean, mean / n, and of the variance, (mean + 2 mean²) / n: a Fano factor
    # off by 3 % at a mean of 1 fails with probability > 0.99.
    assert abs(counts.mean() - mean) <= 5 * np.sqrt(mean / n)
    assert abs(counts.var() - mean) <= 5 * np.sqrt((mean + 2 * mean**2) / n)


@pytest.mark.parametrize("mean", [0.05, 1.0, 3.5, 7.9, 8.1, 40.0])
def test_counts_follow_the_poisson_law(mean):
    # Rates of all sizes side by side, as neurons have them; only those of one mean are looked at.
    expected = np.tile([mean, 0.0, 0.3, 20.0, mean], (1, 40_000, 1)).astype(np.float32)
    counts = Poisson(kind="poisson").counts(expected, stream(1, "x"))[0, :, [0, 4]].ravel()
    edges = np.arange(poisson.ppf(1e-4, mean), poisson.ppf(1 - 1e-4, mean) + 1)
    observed = np.array([(counts <= edges[0]).sum(), *[(counts == k).sum() for k in edges[1:-1]]])
    probability = np.array([poisson.cdf(edges[0], mean), *poisson.pmf(edges[1:-1], mean)])
    observed = np.append(observed, len(counts) - observed.sum())
    probability = np.append(probability, 1 - probability.sum())
    # A mean that is off by 2 %, or one class that is off by 5 standard errors, is found with power > 0.99.
    assert chisquare(observed, probability * len(counts)).pvalue > 1e-3


def test_counts_do_not_depend_on_what_else_is_drawn_in_other_blocks():
    expected = np.full((3, 7000, 1), 0.7, np.float32)  # more than one cacheful
    whole = Poisson(kind="poisson").counts(expected, stream(2, "x"))
    first = Poisson(kind="poisson").counts(expected[:1], stream(2, "x"))
    np.testing.assert_array_equal(whole[:1], first)


def test_absurd_rates_are_refused():
    with pytest.raises(
        UsageError, match=r"expects 2e\+03 spikes.*lower the mean or the gain of observation.rates"
    ):
        Poisson(kind="poisson").counts(np.full((1, 1, 1), 2000.0), stream(0, "x"))
    with pytest.raises(UsageError, match="expects inf"):
        Poisson(kind="poisson").counts(np.full((1, 1, 1), np.inf), stream(0, "x"))

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import chisquare

from ctdspec.errors import UsageError
from ctdspec.observation.noises._tabulated import tabulate
from ctdspec.observation.noises.conway_maxwell_poisson import ConwayMaxwellPoisson
from ctdspec.seeds import stream

FANOS = [0.01, 0.1, 0.2, 0.5, 0.8, 0.99]
MEANS = [0.0, 0.01, 0.05, 0.2, 0.5, 0.9, 0.995, 1.0, 1.004, 1.5, 2.7, 7.5, 20.3, 33.35, 50.0, 99.9, 100.0]


def law(fano, below_limit="refuse"):
    return ConwayMaxwellPoisson(kind="conway_maxwell_poisson", fano=fano, below_limit=below_limit)


def least_variance(mean):
    """By the definition: all counts are one of the two whole numbers beside the mean."""
    low, high = np.floor(mean), np.floor(mean) + 1
    return (high - mean) * (low - mean) ** 2 + (mean - low) * (high - mean) ** 2


class Lattice(np.random.Generator):
    """Stands in for chance: successive draws are coordinates of evenly spread points, so that a mean over
    them is an integral."""

    def __init__(self):
        super().__init__(np.random.PCG64())
        self.steps = iter([1, (np.sqrt(5) - 1) / 2])

    def random(self, size):
        step = next(self.steps)
        return np.arange(0.5, size) / size if step == 1 else np.arange(size) * step % 1


@pytest.mark.parametrize("fano", FANOS)
def test_mean_and_fano_factor_are_exact_wherever_whole_numbers_allow_them(fano):
    n, units = 200_000, tabulate(fano, 101)
    means = np.concatenate([MEANS, stream(0, "means").uniform(0, 60, 20), [1 - fano, 1 - fano * 0.9]])
    for mean in means.astype(np.float32).astype(float):
        counts = units.draw(np.full(n, mean), Lattice()).astype(float)
        variance = max(fano * mean, least_variance(mean))
        assert abs(counts.mean() - mean) <= 1e-3 * mean
        assert abs(counts.var() - variance) <= 3e-3 * variance + 1e-4 / np.sqrt(n)


@pytest.mark.parametrize("fano", FANOS)
def test_counts_have_mean_and_variance_of_the_law(fano):
    n = 200_000
    expected = np.tile(np.float32(MEANS), (2, n // 2, 1))
    counts = law(fano, "least").counts(expected, stream(0, "x"))
    assert counts.dtype == np.uint16
    mean = expected[0, 0].astype(float)
    variance = np.maximum(fano * mean, least_variance(mean))
    found, spread = counts.mean(axis=(0, 1)), counts.var(axis=(0, 1), dtype=float)
    fourth = ((counts - found) ** 4).mean(axis=(0, 1))
    # 5 standard errors, and for the variance the 0.1 % that the grid may add: a Fano factor of 0.2 or more
    # that is off by 4 %, and a smaller one by 20 %, fails with probability > 0.9; the integral tells 0.5 %.
    assert (np.abs(found - mean) <= 5 * np.sqrt(variance / n) + 1e-12).all()
    error = np.sqrt(np.maximum(fourth - spread**2, 0) / n)
    assert (np.abs(spread - variance) <= 5 * error + 1.5e-3 * variance + 1e-12).all()


@pytest.mark.parametrize(("mean", "fano"), [(0.93, 0.3), (1.52, 0.5), (3.26, 0.1), (12.3, 0.7), (47.77, 0.9)])
def test_counts_follow_the_law_of_conway_and_maxwell(mean, fano):
    k = np.arange(200)

    def solved(nu):
        def probabilities(log_rate):
            exponent = log_rate * k - nu * gammaln(k + 1)
            weights = np.exp(exponent - exponent.max())
            return weights / weights.sum()

        return probabilities(brentq(lambda x: probabilities(x) @ k - mean, -50, 200, xtol=1e-13))

    p = solved(brentq(lambda nu: solved(nu) @ (k - mean) ** 2.0 - fano * mean, 0.9, 40))
    counts = law(fano).counts(np.full((1, 200_000, 1), mean, np.float32), stream(1, "x")).ravel()
    frequent = np.flatnonzero(p * len(counts) > 10)
    observed, probability = np.bincount(counts, minlength=200)[frequent], p[frequent]
    rest = len(counts) - observed.sum(), 1 - probability.sum()
    # A Fano factor that is off by 3 %, or a normal law of the same mean and variance, rounded, is found with
    # power > 0.99 at every pair.
    test = chisquare(np.append(observed, rest[0]), np.append(probability, rest[1]) * len(counts))
    assert test.pvalue > 1e-3


def test_a_silent_bin_stays_silent_and_one_bin_is_enough():
    assert not law(0.5).counts(np.zeros((1, 5000, 1), np.float32), stream(0, "x")).any()
    assert law(0.5).counts(np.full((1, 1, 1), 2.0, np.float32), stream(0, "x")).shape == (1, 1, 1)
    assert law(0.5).counts(np.zeros((0, 3, 2), np.float32), stream(0, "x")).shape == (0, 3, 2)


def test_counts_depend_on_rates_and_stream_only():
    expected = stream(0, "rates").uniform(1, 40, (3, 9000, 2)).astype(np.float32)
    counts = law(0.4).counts(expected, stream(2, "x"))
    tabulate.cache_clear()
    np.testing.assert_array_equal(counts, law(0.4).counts(expected, stream(2, "x")))
    # A rate so high that more laws are tabulated changes no other draw.
    higher = expected.copy()
    higher[-1, -1, -1] = 90
    np.testing.assert_array_equal(counts.ravel()[:-1], law(0.4).counts(higher, stream(2, "x")).ravel()[:-1])


def test_a_bin_below_the_limit_is_refused_with_the_limit():
    on_the_limit = np.float32([0.5, 1.0, 3.0, 0.0]).reshape(1, 1, 4)
    assert law(0.5).counts(on_the_limit, stream(0, "x")).shape == (1, 1, 4)
    with pytest.raises(
        UsageError, match=r"count of a bin, 0.3 spikes.*below 0.7 \(found fano: 0.5\).*lengthen"
    ):
        law(0.5).counts(np.full((1, 1, 1), 0.3, np.float32), stream(0, "x"))
    with pytest.raises(ValueError, match=r"neuron's mean, 1.5 spikes.*below 0.1667 \(found fano: 0.1\)"):
        law(0.1).ensure_realises(np.array([100.0, 150.0, 200.0]), None, 0.01)
    law(0.1, "least").ensure_realises(np.array([10.0, 150.0]), None, 0.01)
    law(0.2).ensure_realises(np.array([100.0, 150.0, 0.0]), None, 0.01)


@pytest.mark.parametrize("fano", [0.1, 0.3, 0.6, 0.7, 0.9])
def test_a_rounding_of_the_rate_does_not_refuse_the_limit_itself(fano):
    expected = np.float32((1 - fano) / 0.01) * np.float32(0.01)
    law(fano).counts(expected.reshape(1, 1, 1), stream(0, "x"))


def test_too_high_rates_are_refused():
    with pytest.raises(UsageError, match=r"observation.rates: some bin expects 101 spikes.*at most 100"):
        law(0.5).counts(np.full((1, 1, 1), 101, np.float32), stream(0, "x"))
    with pytest.raises(UsageError, match="expects nan"):
        law(0.5).counts(np.full((1, 1, 1), np.nan, np.float32), stream(0, "x"))
    with pytest.raises(ValueError, match="expects 120 spikes"):
        law(0.5).ensure_realises(np.array([500.0]), 12_000.0, 0.01)
    with pytest.raises(ValidationError, match=r"less than or equal to 0\.99"):
        law(1.0)

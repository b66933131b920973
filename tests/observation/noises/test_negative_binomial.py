import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import chisquare, nbinom

from ctdspec.errors import UsageError
from ctdspec.observation.noises.negative_binomial import NegativeBinomial
from ctdspec.seeds import stream


def law(fano):
    return NegativeBinomial(kind="negative_binomial", fano=fano)


@pytest.mark.parametrize("fano", [1.01, 1.5, 3.0, 20.0, 100.0])
@pytest.mark.parametrize("mean", [0.01, 0.1, 1.0, 1.4, 6.0, 50.0])
def test_mean_and_fano_factor_are_the_ones_asked_for(mean, fano):
    n = 300_000
    counts = law(fano).counts(np.full((3, n // 30, 10), mean, np.float32), stream(0, "x")).astype(float)
    kurtosis = 3 + float(nbinom.stats(mean / (fano - 1), 1 / fano, moments="k"))
    variance = fano * mean
    # 5 standard errors: for means from 1 on, a Fano factor off by 5 % (up to 3) or 30 % (above) fails with
    # probability > 0.9; the rarer the spikes and the larger their clusters, the less a moment can tell, and
    # the more the test of the whole law below does.
    assert abs(counts.mean() - mean) <= 5 * np.sqrt(variance / n)
    assert abs(counts.var() - variance) <= 5 * variance * np.sqrt((kurtosis - 1) / n)


@pytest.mark.parametrize("fano", [1.05, 2.0, 30.0])
@pytest.mark.parametrize("mean", [0.02, 0.9, 1.3, 45.0])
def test_counts_follow_the_negative_binomial_law(mean, fano):
    # Rates of all sizes side by side, as neurons have them; only those of one mean are looked at.
    expected = np.tile([mean, 0.0, 0.3, 20.0, mean], (1, 60_000, 1)).astype(np.float32)
    counts = law(fano).counts(expected, stream(1, "x"))[0, :, [0, 4]].ravel()
    size, p = mean / (fano - 1), 1 / fano
    edges = np.unique(nbinom.ppf(np.linspace(1e-3, 1 - 1e-3, 30), size, p))
    probability = np.diff(np.concatenate([[0], nbinom.cdf(edges, size, p), [1]]))
    observed = np.bincount(np.searchsorted(edges, counts), minlength=len(edges) + 1)
    # Found with power > 0.9: a Fano factor of up to 2 that is off by 5 %, or 25 % at a mean of 0.02; one of
    # 30 that is off by 10 %, or 100 % at a mean of 0.02.
    assert chisquare(observed, probability * len(counts)).pvalue > 1e-3


def test_a_silent_bin_stays_silent_and_one_bin_is_enough():
    expected = np.zeros((1, 5000, 1), np.float32)
    assert not law(5.0).counts(expected, stream(0, "x")).any()
    counts = law(5.0).counts(expected[:, :1] + np.float32(3.0), stream(0, "x"))
    assert counts.shape == (1, 1, 1)
    assert counts.dtype == np.uint16


def test_the_same_stream_gives_the_same_counts():
    expected = np.abs(stream(0, "rates").normal(1, 2, (7, 11_000, 2))).astype(np.float32)
    np.testing.assert_array_equal(
        law(2.0).counts(expected, stream(3, "x")), law(2.0).counts(expected, stream(3, "x"))
    )


def test_what_is_not_over_dispersed_or_absurd_is_refused():
    with pytest.raises(ValidationError, match="greater than 1"):
        law(1.0)
    with pytest.raises(
        UsageError, match=r"observation.rates: some bin expects 2e\+03 spikes, more than 1000"
    ):
        law(2.0).counts(np.full((1, 1, 1), 2000.0), stream(0, "x"))
    with pytest.raises(ValueError, match=r"expects 1\.1e\+03 spikes"):
        law(2.0).ensure_realises(np.array([1.1e5]), None, 0.01)

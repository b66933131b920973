import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.observation.noises.poisson import Poisson
from ctdspec.seeds import stream


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.3, 1.16, 5.0, 50.0])
def test_poisson_counts_have_mean_and_variance_of_the_rate(mean):
    n = 400_000
    counts = Poisson(kind="poisson").sample(np.full((4, n // 40, 10), mean, np.float32), stream(0, "x"))
    assert counts.dtype == np.uint16
    counts = counts.astype(float)
    # 5 standard errors of the mean, mean / n, and of the variance, (mean + 2 mean²) / n: a Fano factor
    # off by 3 % at a mean of 1 fails with probability > 0.99.
    assert abs(counts.mean() - mean) <= 5 * np.sqrt(mean / n)
    assert abs(counts.var() - mean) <= 5 * np.sqrt((mean + 2 * mean**2) / n)


def test_absurd_rates_are_refused():
    with pytest.raises(UsageError, match=r"expects 2e\+03 spikes.*lower observation.rates.gain"):
        Poisson(kind="poisson").sample(np.full((1, 1, 1), 2000.0), stream(0, "x"))
    with pytest.raises(UsageError, match="expects inf"):
        Poisson(kind="poisson").sample(np.full((1, 1, 1), np.inf), stream(0, "x"))

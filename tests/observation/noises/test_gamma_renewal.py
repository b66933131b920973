import numpy as np
import pytest
from scipy.special import gammaincc
from scipy.stats import gamma, kstest

from ctdspec.observation.noises.gamma_renewal import GammaRenewal
from ctdspec.seeds import stream

ORDERS = [0.5, 1.0, 3.0, 20.0]


def counts(order, rates_hz, bin_s=0.01, step_s=0.001):
    law = GammaRenewal(kind="gamma_renewal", order=order, step_s=step_s)
    sample = law.sample(np.asarray(rates_hz, np.float32), bin_s, {}, stream(0, f"gamma {order}"))
    n_trials, n_bins, n_neurons = np.shape(rates_hz)
    return sample, sample.spikes.reshape(n_trials, n_bins, -1, n_neurons).sum(axis=2)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("expected", [0.01, 0.3, 2.0, 50.0])
def test_every_bin_has_its_mean(order, expected):
    rates = np.full((4000, 10, 4), expected / 0.01) * np.linspace(0.1, 1, 10)[:, None]
    _, found = counts(order, rates, step_s=0.005)
    means = expected * np.linspace(0.1, 1, 10)
    # 16 000 independent trains: at a mean of 1 and order 1, a bin off by 6 % fails with power > 0.99.
    error = found.std(axis=(0, 2)) / np.sqrt(16_000) + 1e-9
    assert (np.abs(found.mean(axis=(0, 2)) - means) <= 5 * error + 2e-4).all()


@pytest.mark.parametrize("order", ORDERS)
def test_long_windows_have_the_fano_factor_of_the_order(order):
    operational = 40.0
    rates = (1 + np.sin(np.arange(20)))[:, None] * np.ones((2000, 20, 10))
    rates *= operational / (rates[0, :, 0].sum() * 0.01)
    total = counts(order, rates)[1].sum(axis=1).ravel()
    # Cox (1962): variance of an equilibrium renewal process of gamma intervals of mean 1. 20 000 trains: a
    # Fano factor off by 5 % is found with power > 0.99.
    variance = operational / order + (1 - 1 / order**2) / 6
    assert total.var() == pytest.approx(variance, rel=0.05)
    assert total.mean() == pytest.approx(operational, abs=5 * np.sqrt(variance / 20_000))


@pytest.mark.parametrize("order", ORDERS)
def test_intervals_are_gamma_in_rescaled_time(order):
    rates = np.full((1, 10_000, 10), 10.0)
    rates[0, ::2] = 30.0
    sample, _ = counts(order, rates, bin_s=0.005, step_s=0.00025)
    clock = np.cumsum(np.repeat(rates[0, :, 0], 20) * 0.00025)
    intervals = np.empty(0)
    for spikes in sample.spikes[0].T:
        steps = np.repeat(np.arange(len(clock)), spikes)
        # Where a spike lies in its step blurs an interval by 0.5 % of the mean.
        blur = stream(0, "blur").random(len(steps)) * rates[0, steps // 20, 0] * 0.00025
        intervals = np.append(intervals, np.diff(np.sort(clock[steps] - blur)))
    assert len(intervals) > 9000
    # 10 000 intervals: a distribution function off by 0.025 is found with power > 0.99.
    assert kstest(intervals, gamma(order, scale=1 / order).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(intervals[1:], intervals[:-1])[0, 1]) < 0.05


@pytest.mark.parametrize("order", ORDERS)
def test_compensator_is_that_of_the_spikes(order):
    sample, found = counts(order, np.full((400, 50, 10), 100.0))
    martingale = found - sample.hidden["intensity_hz"] * 0.01
    # Of spikes less compensator, bins are uncorrelated, of mean 0 and of the variance of a Poisson process.
    total = martingale.sum(axis=1).ravel()
    assert abs(total.mean()) < 5 * np.sqrt(50 / 4000)
    assert total.var() == pytest.approx(50, rel=0.15)
    lagged = (martingale[:, 1:] * martingale[:, :-1]).mean()
    assert abs(lagged) < 5 / np.sqrt(400 * 49 * 10)


@pytest.mark.parametrize("order", ORDERS)
def test_first_intensity_and_the_one_after_a_spike(order):
    law = GammaRenewal(kind="gamma_renewal", order=order, step_s=0.01)
    rates = np.full((2000, 3, 1), 30.0, np.float32)
    sample = law.sample(rates, 0.01, {}, stream(3, "x"))
    silent = sample.spikes[:, :3, 0].sum(axis=1) == 0
    compensator = sample.hidden["intensity_hz"][silent, :, 0].sum(axis=1) * 0.01
    # No spike until 0.9 in equilibrium: survival ∫_0.9^∞ S(x) dx, by quadrature.
    x = np.linspace(0.9, 60, 400_000)
    survival = np.trapezoid(gammaincc(order, order * x), x)
    np.testing.assert_allclose(np.exp(-compensator), survival, rtol=2e-3)

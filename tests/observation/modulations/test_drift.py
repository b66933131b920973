import numpy as np
import pytest

from ctdspec.observation.modulations.drift import Drift
from ctdspec.seeds import stream


def drift(log_sd, timescale_trials):
    return Drift(kind="drift", log_sd=log_sd, timescale_trials=timescale_trials)


@pytest.mark.parametrize("timescale_trials", [0.5, 10.0, 200.0])
@pytest.mark.parametrize("log_sd", [0.1, 0.7])
def test_log_gain_is_stationary_with_the_sd_and_the_correlation_asked_for(log_sd, timescale_trials):
    n_neurons = 20_000
    factors = drift(log_sd, timescale_trials).factors(120, np.zeros(n_neurons, int), stream(0, "x"))
    assert factors.dtype == np.float32
    assert (factors > 0).all()
    z = (np.log(factors.astype(float)) + log_sd**2 / 2) / log_sd
    for trial in (0, 1, 60, 119):
        # 5 standard errors over neurons, which are independent: an sd off by 5 %, or a correlation off by
        # 0.07, fails with probability > 0.9.
        assert abs(z[trial].mean()) <= 5 / np.sqrt(n_neurons)
        assert abs(z[trial].var() - 1) <= 5 * np.sqrt(2 / n_neurons)
        correlation = np.exp(-trial / timescale_trials)
        assert abs((z[0] * z[trial]).mean() - correlation) <= 5 * np.sqrt(2 / n_neurons)


def test_the_mean_factor_is_1():
    factors = drift(0.8, 3.0).factors(50, np.zeros(20_000, int), stream(1, "x"))
    # Over neurons the factor has variance exp(0.64) − 1: 5 standard errors of one trial are 3.4 %.
    error = np.sqrt((np.exp(0.64) - 1) / 20_000)
    assert (np.abs(factors.mean(axis=1, dtype=float) - 1) <= 5 * error).all()


def test_neurons_drift_by_themselves():
    log_gain = np.log(drift(0.5, 2.0).factors(20_000, np.zeros(3, int), stream(2, "x")).astype(float))
    correlation = np.corrcoef(log_gain.T)[np.triu_indices(3, 1)]
    # With a timescale of 2 trials a correlation has the error of 20 000 / 2.2 independent ones: one of
    # 0.08 is found with power > 0.9.
    assert (np.abs(correlation) < 5 * np.sqrt(2.2 / 20_000)).all()


def test_one_trial_of_one_neuron_and_the_same_draws_again():
    once, again = (drift(0.5, 2.0).factors(1, np.zeros(1, int), stream(3, "x")) for _ in range(2))
    assert once.shape == (1, 1)
    np.testing.assert_array_equal(once, again)

import numpy as np
import pytest
from sklearn.metrics import r2_score

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.forecast import LOST_SD, Targets, forecast, forecast_ceiling, state_error_covariance
from ctdspec.metrics.linear_map import LinearMap
from ctdspec.metrics.pair import StatePair
from ctdspec.seeds import stream
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.spontaneous import Spontaneous

BIN_S = 0.05
LAW = np.array([[0.9, 0.3], [-0.3, 0.9]])
DRIVE = np.array([[1.0, 0.5]])
SAME = LinearMap(np.eye(2), np.zeros(2), 0.0)


def linear_step(states, inputs):
    return states @ LAW + inputs @ DRIVE


def driven(n_trials=40, n_bins=30, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((n_trials, n_bins, 1))
    latents = np.empty((n_trials, n_bins, 2))
    now = rng.standard_normal((n_trials, 2))
    for t in range(n_bins):
        now = linear_step(now, inputs[:, t])
        latents[:, t] = now
    return latents, inputs


LATENTS, INPUTS = driven()
TARGETS = Targets(LATENTS, INPUTS, np.ones((40, 30), bool), np.array([3, 12, 20]), 9)
WEIGHTS = trial_weights(40, np.random.default_rng(1), 200)


def test_the_true_step_from_true_states_is_never_wrong():
    found = forecast(linear_step, LATENTS, SAME, TARGETS, BIN_S, WEIGHTS)
    assert [r2.value for r2 in found.r2] == pytest.approx([1] * 9)
    assert found.valid_time_s.value == pytest.approx(9 * BIN_S)


def test_another_state_space_changes_nothing():
    mix = np.array([[2.0, 0.5, 0.0], [0.0, 1.0, 3.0]])
    back = np.linalg.pinv(mix)

    def mixed_step(states, inputs):
        return linear_step(states @ back, inputs) @ mix + 1

    def shifted_step(states, inputs):
        return mixed_step(states - 1, inputs)

    found = forecast(
        shifted_step, LATENTS @ mix + 1, LinearMap(back, -back.sum(axis=0), 0.0), TARGETS, BIN_S, WEIGHTS
    )
    assert [r2.value for r2 in found.r2] == pytest.approx([1] * 9)


def test_r2_is_sklearns_of_a_plain_loop():
    wrong, valid = LAW * 0.97, np.arange(30) < np.random.default_rng(2).integers(14, 31, (40, 1))
    spoiled = np.where(valid[:, :, None], LATENTS, 1e6)
    found = forecast(
        lambda s, u: s @ wrong + u @ DRIVE, spoiled, SAME,
        Targets(spoiled, INPUTS, valid, TARGETS.start_bins, 9), BIN_S, WEIGHTS,
    )  # fmt: skip
    true, predicted = [], []
    for trial in range(40):
        for start in TARGETS.start_bins:
            if valid[trial, start + 9]:
                now = LATENTS[trial, start]
                for h in range(1, 5):
                    now = now @ wrong + INPUTS[trial, start + h] @ DRIVE
                predicted.append(now)
                true.append(LATENTS[trial, start + 4])
    expected = r2_score(true, predicted, multioutput="variance_weighted")
    assert found.r2[3].value == pytest.approx(expected)
    assert found.r2[3].low < expected < found.r2[3].high


def test_valid_time_is_when_a_growing_error_crosses_the_threshold():
    # Along one dimension an error e grows as e 1.3ʰ; it crosses 0.4 sd after log(0.4 sd / e) / log 1.3 bins.
    latents = np.random.default_rng(0).standard_normal((10, 1, 1)) * 1.3 ** np.arange(20)[:, None]
    targets = Targets(latents, np.zeros((10, 20, 0)), np.ones((10, 20), bool), np.array([0]), 19)
    error = 0.011 * latents.std()
    found = forecast(
        lambda s, u: 1.3 * s, latents + error, LinearMap(np.eye(1), np.zeros(1), 0.0), targets, 1.0,
        np.ones((2, 10)),
    )  # fmt: skip
    assert found.valid_time_s.value == np.floor(np.log(0.4 / 0.011) / np.log(1.3))


def test_a_model_that_explodes_is_as_bad_as_the_worst_but_finite():
    with np.errstate(over="raise"):
        found = forecast(lambda s, u: np.float64(1e200) * s**3, LATENTS, SAME, TARGETS, BIN_S, WEIGHTS)
    # The variance of the bins that are reached is not quite that of all bins.
    assert found.r2[-1].value == pytest.approx(-(LOST_SD**2), rel=0.3)
    assert np.isfinite(found.r2[-1].low)
    assert found.valid_time_s.value == 0


def test_the_ceiling_of_chaos_falls_by_the_lyapunov_time():
    spec = Lorenz(
        kind="lorenz", sigma=10.0, rho=28.0, beta=8 / 3, time_unit_s=1.0, integrator="rk4",
        steps_per_bin=1, noise_sd=0.0, burn_in_s=5.0,
    )  # fmt: skip
    dynamics = spec.dynamics(Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.02), None)
    states = dynamics.initial_states(500, stream(0, "forecast"))
    latents = np.empty((500, 1001, 3))
    for t in range(1001):
        latents[:, t] = states
        states = dynamics.step(states, None)
    targets = Targets(latents, np.zeros((500, 1001, 0)), np.ones((500, 1001), bool), np.array([0]), 1000)
    times = [
        forecast_ceiling(
            dynamics.step, (sd * targets.sd) ** 2 * np.eye(3) / 3, targets, 0.02, np.ones((2, 500)),
            np.random.default_rng(0),
        ).valid_time_s.value
        for sd in (1e-3, 1e-5)
    ]  # fmt: skip
    # Two decades of error are worth 2 ln 10 / 0.9056 units of time; 500 starts know it to about 2 %.
    assert times[1] - times[0] == pytest.approx(2 * np.log(10) / 0.9056, rel=0.06)


def test_error_covariance_is_that_of_the_mapped_states():
    rng = np.random.default_rng(0)
    wanted = np.array([[0.5, 0.2], [0.2, 0.3]])
    noise = rng.multivariate_normal(np.zeros(2), wanted, (400, 50))
    valid = rng.random((400, 50)) < 0.8
    states = np.where(valid[:, :, None], (noise + 1) / 2, np.nan)
    pair = StatePair(np.zeros((400, 50, 2)), states, valid)
    found = state_error_covariance(pair, LinearMap(2 * np.eye(2), np.zeros(2), 0.0))
    assert found == pytest.approx(wanted, abs=0.02)  # 16,000 bins know it to 0.006


def test_a_horizon_beyond_the_trials_is_refused():
    far = Targets(LATENTS, INPUTS, TARGETS.valid, np.array([25]), 5)
    with pytest.raises(UsageError, match="5 bins ahead of bin 25 leads out of trials of 30"):
        forecast(linear_step, LATENTS, SAME, far, BIN_S, WEIGHTS)
    short = Targets(LATENTS, INPUTS, np.arange(30) < np.full((40, 1), 10), np.array([8]), 5)
    with pytest.raises(UsageError, match="no start has 5 valid bins"):
        forecast(linear_step, LATENTS, SAME, short, BIN_S, WEIGHTS)

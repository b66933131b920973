import numpy as np
import pytest

from ctdspec.methods.laplace import infer
from ctdspec.methods.laplace_em import (
    better_dynamics,
    better_readout,
    bound,
    expected_nats,
    fit_em,
)
from ctdspec.methods.linear_states import LinearStates, Observed, PoissonReadout

DECAY, ANGLE = 0.95, 0.25
TURN = DECAY * np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])
TRUE = LinearStates(TURN, np.array([[0.5], [0.0]]), 0.05 * np.eye(2), np.zeros(2), 0.5 * np.eye(2))


def simulated(n_trials=60, n_bins=60, n_neurons=20):
    """Spikes of a damped rotation that is driven by noise, some of them not recorded."""
    rng = np.random.default_rng(0)
    readout = PoissonReadout(0.6 * rng.standard_normal((n_neurons, 2)), rng.uniform(-2, 0, n_neurons))
    inputs = rng.standard_normal((n_trials, n_bins, 1))
    states = np.empty((n_trials, n_bins, 2))
    states[:, 0] = rng.multivariate_normal(TRUE.start, TRUE.start_noise, n_trials)
    for time in range(1, n_bins):
        noise = rng.multivariate_normal(np.zeros(2), TRUE.noise, n_trials)
        states[:, time] = TRUE.expected(states[:, time - 1], inputs[:, time]) + noise
    seen = np.ones((n_trials, n_bins, n_neurons))
    seen[:20, 40:] = 0
    seen[30:40, :, :3] = 0
    counts = rng.poisson(np.exp(readout.log_counts(states))) * seen
    return states, readout, Observed(counts, seen, inputs)


@pytest.fixture(scope="module")
def world():
    return simulated()


@pytest.fixture(scope="module")
def astray():
    """A model that is wrong in every parameter."""
    dynamics = LinearStates(0.8 * np.eye(2), np.zeros((2, 1)), 0.2 * np.eye(2), np.zeros(2), np.eye(2))
    rng = np.random.default_rng(4)
    return dynamics, PoissonReadout(0.3 * rng.standard_normal((20, 2)), np.full(20, -1.0))


def test_an_m_step_never_lowers_the_bound(world, astray):
    _, _, observed = world
    dynamics, readout = astray
    for _ in range(4):
        posterior = infer(dynamics, readout, observed)
        before = bound(dynamics, readout, observed, posterior)
        dynamics = better_dynamics(posterior, observed.inputs)
        between = bound(dynamics, readout, observed, posterior)
        readout = better_readout(readout, observed, posterior)
        assert before < between < bound(dynamics, readout, observed, posterior)


def test_the_m_step_of_the_dynamics_is_a_maximum(world, astray):
    """No parameter can be moved without lowering the bound."""
    _, _, observed = world
    posterior = infer(*astray, observed)
    best = better_dynamics(posterior, observed.inputs)
    at_best = bound(best, astray[1], observed, posterior)
    for field in ("transition", "drive", "noise", "start", "start_noise"):
        for sign in (-1, 1):
            array = getattr(best, field).copy()
            array.flat[0] += sign * 1e-3 * (1 + abs(array.flat[0]))
            moved = LinearStates(**{**vars(best), field: array})
            assert bound(moved, astray[1], observed, posterior) < at_best, field


def test_expected_likelihood_is_that_of_draws(world, astray):
    """A hundred thousand draws of a bin: the standard error is under a thousandth."""
    _, readout, observed = world
    one = observed.of(slice(0, 1), slice(0, 4))
    posterior = infer(*astray[:1], readout.of(slice(0, 4)), one)
    rng, nats = np.random.default_rng(5), np.zeros(4)
    for time in range(one.counts.shape[1]):
        mean, covariance = posterior.means[0, time], posterior.covariances[0, time]
        logs = readout.of(slice(0, 4)).log_counts(rng.multivariate_normal(mean, covariance, 20_000))
        nats += (one.seen[0, time] * (one.counts[0, time] * logs - np.exp(logs))).mean(axis=0)
    assert expected_nats(readout.of(slice(0, 4)), one, posterior) == pytest.approx(nats, rel=0.02)


def test_the_bound_rises_and_stays_below_the_likelihood_of_importance_sampling(world, astray):
    _, _, observed = world
    fit = fit_em(*astray, observed, max_iterations=40, tolerance=0)
    assert np.all(np.diff(fit.bounds[:-1]) > 0)
    some = Observed(observed.counts[:1, :5], observed.seen[:1, :5], observed.inputs[:1, :5])
    posterior = infer(fit.dynamics, fit.readout, some)
    rng = np.random.default_rng(6)
    states = np.empty((200_000, 5, 2))
    states[:, 0] = rng.multivariate_normal(fit.dynamics.start, fit.dynamics.start_noise, len(states))
    for time in range(1, 5):
        noise = rng.multivariate_normal(np.zeros(2), fit.dynamics.noise, len(states))
        states[:, time] = fit.dynamics.expected(states[:, time - 1], some.inputs[0, time]) + noise
    logs = fit.readout.log_counts(states)
    nats = (some.counts * logs - some.seen * np.exp(logs)).sum(axis=(1, 2))
    likelihood = np.log(np.mean(np.exp(nats - nats.max()))) + nats.max()
    # The bound is tight where posteriors are near Gaussian; draws from the prior tell it to 0.02.
    assert likelihood - 0.5 < bound(fit.dynamics, fit.readout, some, posterior) < likelihood + 0.05


def test_the_eigenvalues_of_the_true_system_are_found(world, astray):
    """Sixty trials of sixty bins: moduli to 0.03, angles to 0.03 rad; the start has neither."""
    _, _, observed = world
    fit = fit_em(*astray, observed, max_iterations=80, tolerance=1e-7)
    found = np.linalg.eigvals(fit.dynamics.transition)
    assert np.abs(found) == pytest.approx(DECAY, abs=0.03)
    assert np.abs(np.angle(found)) == pytest.approx(ANGLE, abs=0.03)


def test_states_and_drive_are_the_true_ones_but_for_a_linear_map(world, astray):
    states, readout, observed = world
    fit = fit_em(*astray, observed, max_iterations=80, tolerance=1e-7)
    found = infer(fit.dynamics, fit.readout, observed).means
    inside = observed.seen.any(axis=2)
    to_true = np.linalg.lstsq(found[inside], states[inside], rcond=None)[0]
    left = ((found[inside] @ to_true - states[inside]) ** 2).sum() / (states[inside] ** 2).sum()
    best = infer(TRUE, readout, observed).means
    least = ((best[inside] - states[inside]) ** 2).sum() / (states[inside] ** 2).sum()
    assert left < 1.2 * least
    assert fit.dynamics.drive.T @ to_true == pytest.approx(TRUE.drive.T, abs=0.05)

import numpy as np
import pytest
from scipy.special import comb

from ctdspec.dynamics.stationary import stationary_covariance, stationary_covariance_of_steps
from ctdspec.errors import UsageError

RNG = np.random.default_rng(0)


def test_an_ornstein_uhlenbeck_process_has_its_variance():
    found = stationary_covariance(np.diag([-2.0, -0.5]), np.diag([0.64, 1.0]))
    assert found == pytest.approx(np.diag([0.64 / 4, 1.0]))
    steps = stationary_covariance_of_steps(np.array([[0.98]]), np.array([[0.0064]]))
    assert steps == pytest.approx(np.array([[0.0064 / (1 - 0.98**2)]]))


def test_a_chain_has_the_covariance_of_its_closed_form():
    n = 40
    found = stationary_covariance(np.eye(n, k=1) - np.eye(n), np.eye(n))
    # Qian et al. 2024: sum over k >= i, j of C(2k-i-j, k-i) / 2^(2k-i-j+1)
    expected = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        k = np.arange(max(i, j), n)
        expected[i, j] = np.sum(comb(2 * k - i - j, k - i) / 2.0 ** (2 * k - i - j + 1))
    assert found == pytest.approx(expected, rel=1e-10)


def test_symmetric_weights_have_the_covariance_of_their_inverse():
    q = 0.3 * RNG.standard_normal((20, 20)) / 20**0.5
    b = q + q.T
    found = stationary_covariance(b - np.eye(20), 2 * np.eye(20))
    assert found == pytest.approx(np.linalg.inv(np.eye(20) - b), rel=1e-10, abs=1e-12)


def test_both_are_what_simulated_states_have():
    drift = np.array([[-1.0, 3.0, 0.0], [0.0, -1.0, 2.0], [0.0, 0.0, -0.5]])
    noise, dt, n = np.array([[0.5, 0.1, 0.0], [0.1, 0.4, 0.0], [0.0, 0.0, 0.3]]), 0.02, 40_000
    rng, root, states = np.random.default_rng(1), np.linalg.cholesky(noise * dt), np.zeros((n, 3))
    for _ in range(800):
        states = states + dt * states @ drift.T + rng.standard_normal((n, 3)) @ root.T
    found, scale = np.cov(states.T), np.sqrt(np.outer(*2 * [states.var(axis=0)]))
    steps = stationary_covariance_of_steps(np.eye(3) + dt * drift, noise * dt)
    # One standard error is 0.7 % of the scale.
    assert np.abs(found - steps).max() < 0.035 * scale.max()
    assert np.abs((found - steps) / scale).max() < 0.035
    # The steps are those of the flow, to first order in their length.
    assert steps == pytest.approx(stationary_covariance(drift, noise), rel=0.05)


def test_what_is_not_stable_is_refused_with_its_reason():
    with pytest.raises(UsageError, match=r"spectral abscissa 0\.3, needed below 0"):
        stationary_covariance(np.array([[-1.0, 5.0], [0.0, 0.3]]), np.eye(2))
    with pytest.raises(UsageError, match=r"spectral radius 1\.1, needed below 1"):
        stationary_covariance_of_steps(np.diag([0.5, -1.1]), np.eye(2))

"""pykalman takes the same step of expectation maximisation, from the same state space, as we do."""

from __future__ import annotations

import numpy as np
import pytest

from ctdspec.dynamics.kalman import StateSpace, smooth
from ctdspec.methods.lds import maximised
from ctdspec.methods.student import Series

pykalman = pytest.importorskip("pykalman", reason="pykalman is in the dependency group clients")

N, P, N_BINS = 3, 5, 400


def state_space(rng: np.random.Generator) -> StateSpace:
    turn = np.linalg.qr(rng.standard_normal((N, N)))[0]
    return StateSpace(
        step=0.9 * turn,
        gains=np.zeros((N, 0)),
        noise=np.diag([0.3, 0.2, 0.1]),
        emission=rng.standard_normal((P, N)),
        emission_noise=np.array([0.2, 0.4, 0.6, 0.3, 0.5]),
        first_mean=rng.standard_normal(N),
        first_covariance=np.diag([0.5, 0.4, 0.3]),
    )


def sampled(model: StateSpace, rng: np.random.Generator) -> np.ndarray:
    state, observed = model.first_mean, np.empty((1, N_BINS, P))
    for t in range(N_BINS):
        observed[0, t] = model.emission @ state + np.sqrt(model.emission_noise) * rng.standard_normal(P)
        state = model.step @ state + np.sqrt(np.diag(model.noise)) * rng.standard_normal(N)
    return observed


@pytest.fixture(scope="module")
def both():
    rng = np.random.default_rng(0)
    observed, guess = sampled(state_space(rng), rng), state_space(rng)
    judge = pykalman.KalmanFilter(
        transition_matrices=guess.step,
        observation_matrices=guess.emission,
        transition_covariance=guess.noise,
        observation_covariance=np.diag(guess.emission_noise),
        transition_offsets=np.zeros(N),
        observation_offsets=np.zeros(P),
        initial_state_mean=guess.first_mean,
        initial_state_covariance=guess.first_covariance,
        em_vars=[
            "transition_matrices", "observation_matrices", "transition_covariance", "observation_covariance",
            "initial_state_mean", "initial_state_covariance",
        ],
    )  # fmt: skip
    return guess, judge, observed


def test_likelihood_and_posterior_are_pykalmans(both):
    guess, judge, observed = both
    found = smooth(guess, observed, np.zeros((1, N_BINS, 0)))
    assert found.log_likelihood[0] == pytest.approx(judge.loglikelihood(observed[0]), rel=1e-9)
    means, covariances = judge.smooth(observed[0])
    np.testing.assert_allclose(found.means[0], means, atol=1e-8)
    np.testing.assert_allclose(found.covariances, covariances, atol=1e-8)


def test_a_step_is_pykalmans(both):
    guess, judge, observed = both
    inputs = np.zeros((1, N_BINS, 0))
    series = Series(observed, inputs, np.ones((1, N_BINS), bool), 0.01)
    ours = maximised(guess, [series], [smooth(guess, observed, inputs)])
    judge.em(observed[0], n_iter=1)
    np.testing.assert_allclose(ours.step, judge.transition_matrices, atol=1e-7)
    np.testing.assert_allclose(ours.emission, judge.observation_matrices, atol=1e-7)
    np.testing.assert_allclose(ours.noise, judge.transition_covariance, atol=1e-7)
    # Its noise may be correlated between neurons, ours not: the variances are the same.
    np.testing.assert_allclose(ours.emission_noise, np.diag(judge.observation_covariance), atol=1e-7)
    np.testing.assert_allclose(ours.first_mean, judge.initial_state_mean, atol=1e-7)
    np.testing.assert_allclose(ours.first_covariance, judge.initial_state_covariance, atol=1e-7)

"""The smoother, against the joint Gaussian of all states and observations."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from ctdspec.dynamics.kalman import StateSpace, smooth

RNG = np.random.default_rng(0)
N_BINS, N, P = 5, 2, 3
MODEL = StateSpace(
    step=np.array([[0.9, 0.4], [-0.1, 0.7]]),
    gains=np.array([[0.5], [-1.0]]),
    noise=np.array([[0.2, 0.05], [0.05, 0.1]]),
    emission=RNG.standard_normal((P, N)),
    emission_noise=np.array([0.3, 0.5, 0.2]),
    first_mean=np.array([1.0, -0.5]),
    first_covariance=np.array([[0.5, 0.1], [0.1, 0.4]]),
)


def joint(inputs):
    """Give mean and covariance of all states of a trial, (time * latent), written out."""
    mean, covariance = np.zeros((N_BINS, N)), np.zeros((N_BINS, N_BINS, N, N))
    mean[0], covariance[0, 0] = MODEL.first_mean, MODEL.first_covariance
    for t in range(1, N_BINS):
        mean[t] = MODEL.step @ mean[t - 1] + MODEL.gains @ inputs[t]
        covariance[t, t] = MODEL.step @ covariance[t - 1, t - 1] @ MODEL.step.T + MODEL.noise
        for s in range(t):
            covariance[t, s] = MODEL.step @ covariance[t - 1, s]
            covariance[s, t] = covariance[t, s].T
    return mean.ravel(), covariance.swapaxes(1, 2).reshape(N_BINS * N, N_BINS * N)


def test_the_smoother_conditions_the_joint_gaussian():
    inputs = RNG.standard_normal((2, N_BINS, 1))
    observed = RNG.standard_normal((2, N_BINS, P))
    found = smooth(MODEL, observed, inputs)
    emission = np.kron(np.eye(N_BINS), MODEL.emission)
    noise = np.kron(np.eye(N_BINS), np.diag(MODEL.emission_noise))
    for trial in range(2):
        mean, covariance = joint(inputs[trial])
        of_data = emission @ covariance @ emission.T + noise
        gain = np.linalg.solve(of_data, emission @ covariance).T
        error = observed[trial].ravel() - emission @ mean
        assert found.means[trial].ravel() == pytest.approx(mean + gain @ error)
        left = (covariance - gain @ emission @ covariance).reshape(N_BINS, N, N_BINS, N)
        for t in range(N_BINS):
            assert found.covariances[t] == pytest.approx(left[t, :, t], abs=1e-12)
            if t:
                assert found.neighbours[t - 1] == pytest.approx(left[t, :, t - 1], abs=1e-12)
        expected = multivariate_normal(emission @ mean, of_data).logpdf(observed[trial].ravel())
        assert found.log_likelihood[trial] == pytest.approx(expected)

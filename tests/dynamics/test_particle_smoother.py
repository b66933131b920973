from collections.abc import Mapping

import numpy as np
import pytest

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.dynamics.jittered import Jittered
from ctdspec.dynamics.particle_smoother import ParticleSmoother, known_inputs

A = np.array([[0.9, 0.2], [-0.2, 0.8]])
Q = 0.3 * np.eye(2)
B = np.array([[1.0, -0.5]])
C = np.array([[1.0, 0.3]])
R = 0.5


class Linear(Dynamics):
    """x(t + 1) = A x + B u + Q noise, from standard normal states; without `noisy`, the noise is left out."""

    def __init__(self, noisy: bool = True) -> None:
        self.noisy = noisy

    @property
    def n_latents(self) -> int:
        return 2

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (2,) if self.noisy else (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n_trials, 2))

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        states = states @ A.T + inputs @ B
        return states + noise @ Q.T if self.noisy and noise is not None else states

    def readout(self, states: Array) -> Array:
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        return {}


class Switch(Linear):
    """Two states, 0 and 1; each changes into the other with a probability of its own."""

    stays = 0.95, 0.85

    @property
    def n_latents(self) -> int:
        return 1

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (1,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return (rng.random((n_trials, 1)) < 0.3).astype(float)

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        assert noise is not None
        # A standard normal draw is above 1.6449 with probability 0.05, above 1.0364 with 0.15.
        return np.where(noise > np.where(states == 0, 1.6449, 1.0364), 1 - states, states)


def rts_smoother(observed, drives, q):
    """The exact posterior of the linear system: Kalman's filter, and Rauch, Tung & Striebel's smoother."""
    means, covariances, ahead = [], [], []
    m, p = np.zeros(2), np.eye(2)
    for y, u in zip(observed, drives, strict=True):
        m, p = A @ m + B.T @ u, A @ p @ A.T + q
        ahead.append((m, p))
        gain = p @ C.T / (C @ p @ C.T + R)
        m, p = m + gain @ (y - C @ m), p - gain @ C @ p
        means.append(m)
        covariances.append(p)
    for t in range(len(means) - 2, -1, -1):
        gain = covariances[t] @ A.T @ np.linalg.inv(ahead[t + 1][1])
        means[t] = means[t] + gain @ (means[t + 1] - ahead[t + 1][0])
        covariances[t] = covariances[t] + gain @ (covariances[t + 1] - ahead[t + 1][1]) @ gain.T
    return np.array(means), np.sqrt([np.diag(p) for p in covariances])


def linear_trials(n_trials=6, n_bins=60, seed=0):
    rng = np.random.default_rng(seed)
    drives = rng.standard_normal((n_trials, n_bins, 1))
    latents, now = np.empty((n_trials, n_bins, 2)), rng.standard_normal((n_trials, 2))
    for t in range(n_bins):
        now = Linear().step(now, drives[:, t], rng.standard_normal((n_trials, 2)))
        latents[:, t] = now
    return latents @ C.T + np.sqrt(R) * rng.standard_normal((n_trials, n_bins, 1)), drives


OBSERVED, DRIVES = linear_trials()


def gaussian_likelihood(t, states):
    return -np.square(OBSERVED[:, t, None] - states @ C.T)[..., 0] / (2 * R)


def smooth(dynamics, inputs, likelihood=gaussian_likelihood, n=2000, lag=15, seed=1, readout=np.square):
    smoother = ParticleSmoother(dynamics, n, lag, n_first=n)
    return smoother.smooth(likelihood, inputs, readout, (6, 60, 1), np.random.default_rng(seed))


def ensure_exact(found, drives, q, worst):
    """Compare with Kalman's posterior: means of n effective particles miss by about n^(-1/2) sd."""
    exact = [rts_smoother(y, u, q) for y, u in zip(OBSERVED, drives, strict=True)]
    means, sd = (np.array(part) for part in zip(*exact, strict=True))
    error = np.sqrt(np.square((found.latents - means) / sd).mean())
    assert 0.5 < error / np.sqrt((1 / found.smoothed_ess).mean()) < 2
    assert error < worst
    assert (found.latents_sd / sd).mean() == pytest.approx(1, abs=0.05)
    assert np.abs(found.values - (means**2 + sd**2)).mean() < worst


def test_linear_system_has_kalmans_posterior():
    ensure_exact(smooth(Linear(), known_inputs(DRIVES)), DRIVES, Q @ Q.T, worst=0.15)


def test_more_particles_come_closer():
    ensure_exact(smooth(Linear(), known_inputs(DRIVES), n=20000), DRIVES, Q @ Q.T, worst=0.05)


def test_unknown_inputs_are_noise():
    bank = np.random.default_rng(5).standard_normal((4000, 60, 1))
    found = smooth(Linear(), InputBank(bank).blind())
    ensure_exact(found, 0 * DRIVES, Q @ Q.T + B.T @ B, worst=0.3)
    # The input is inferred too: it is what the state did beyond its own law.
    assert np.corrcoef(found.inputs.ravel(), DRIVES.ravel())[0, 1] > 0.6


def test_a_system_without_noise_can_be_driven_by_unknown_inputs():
    bank = np.random.default_rng(5).standard_normal((4000, 60, 1))
    found = smooth(Linear(noisy=False), InputBank(bank).blind(), n=8000)
    ensure_exact(found, 0 * DRIVES, B.T @ B, worst=0.2)


def test_jitter_is_noise():
    jittered = Jittered(Linear(noisy=False), np.array([0.3, 0.3]))
    ensure_exact(smooth(jittered, known_inputs(DRIVES)), DRIVES, Q @ Q.T, worst=0.15)


def test_many_first_particles_find_a_first_state_that_few_would_miss():
    def sharp(t, states):
        return -np.square(states - means[:, t, None]).sum(axis=2) / (2 * 0.05**2)

    exact = [rts_smoother(y, u, Q @ Q.T) for y, u in zip(OBSERVED, DRIVES, strict=True)]
    means = np.array([mean for mean, _ in exact])
    jittered = Jittered(Linear(noisy=False), np.array([0.01, 0.01]))
    few, many = (
        ParticleSmoother(jittered, 200, 15, n_first).smooth(
            sharp, known_inputs(DRIVES), np.square, (6, 60, 1), np.random.default_rng(0)
        )
        for n_first in (200, 20000)
    )
    assert (
        np.square(many.latents[:, 0] - means[:, 0]).mean() < np.square(few.latents[:, 0] - means[:, 0]).mean()
    )
    assert many.ess[:, 0].min() > 5 * few.ess[:, 0].min()


def test_two_states_have_the_forward_backward_posterior():
    rng = np.random.default_rng(3)
    law = np.array([[0.95, 0.05], [0.15, 0.85]])
    hidden = np.repeat(rng.integers(0, 2, (6, 6)), 10, axis=1)
    counts = rng.poisson(0.4 + 1.2 * hidden)

    def likelihood(t, states):
        expected = 0.4 + 1.2 * states[..., 0]
        return counts[:, t, None] * np.log(expected) - expected

    found = smooth(Switch(), known_inputs(DRIVES), likelihood, n=8000)
    evidence = np.exp(counts[..., None] * np.log([0.4, 1.6]) - [0.4, 1.6])
    for trial in range(6):
        forward, backward = np.empty((60, 2)), np.ones((60, 2))
        now = np.array([0.7, 0.3])
        for t in range(60):
            now = (now @ law) * evidence[trial, t]
            forward[t] = now = now / now.sum()
        for t in range(58, -1, -1):
            then = law @ (evidence[trial, t + 1] * backward[t + 1])
            backward[t] = then / then.sum()
        exact = (forward * backward)[:, 1] / (forward * backward).sum(axis=1)
        # By 500 effective particles a probability of 1/2 is known to 0.02.
        assert found.latents[trial, :, 0] == pytest.approx(exact, abs=0.07)
        assert np.abs(found.latents[trial, :, 0] - exact).mean() < 0.01


def test_what_is_not_observed_leaves_the_prior():
    found = smooth(Linear(), known_inputs(DRIVES), lambda t, states: np.zeros(states.shape[:2]))
    assert found.ess == pytest.approx(2000)
    assert found.smoothed_ess == pytest.approx(2000)
    covariance = np.eye(2)
    for t in range(60):
        covariance = A @ covariance @ A.T + Q @ Q.T
        assert found.latents_sd[:, t] == pytest.approx(
            np.tile(np.sqrt(np.diag(covariance)), (6, 1)), rel=0.08
        )


def test_the_generator_decides_everything():
    first, again, other = (smooth(Linear(), known_inputs(DRIVES), n=50, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.latents, again.latents)
    assert not np.array_equal(first.latents, other.latents)


def test_lags_that_do_not_divide_the_trial_leave_no_bin_out():
    for lag in (1, 7, 29, 59, 200):
        found = smooth(Linear(), known_inputs(DRIVES), n=300, lag=lag)
        exact = [rts_smoother(y, u, Q @ Q.T)[0] for y, u in zip(OBSERVED, DRIVES, strict=True)]
        assert found.latents == pytest.approx(np.array(exact), abs=2.5)
        assert (found.smoothed_ess >= 1).all()

"""The posterior of states with linear dynamics, against what does without their structure."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from ctdspec.methods.laplace import Target, infer
from ctdspec.methods.linear_states import LinearStates, Observed, PoissonReadout

T, K, NEURONS = 7, 2, 5
DYNAMICS = LinearStates(
    transition=np.array([[0.9, -0.3], [0.2, 0.8]]),
    drive=np.array([[0.5], [-0.2]]),
    noise=np.array([[0.2, 0.05], [0.05, 0.1]]),
    start=np.array([0.3, -0.4]),
    start_noise=np.array([[1.0, 0.3], [0.3, 0.7]]),
)


@pytest.fixture
def seen_by_poisson():
    rng = np.random.default_rng(1)
    readout = PoissonReadout(0.7 * rng.standard_normal((NEURONS, K)), rng.uniform(-1, 1, NEURONS))
    seen = np.ones((2, T, NEURONS))
    seen[1, 5:] = 0  # a short trial
    seen[0, :, 2] = 0  # a lost neuron
    counts = rng.poisson(1.5, (2, T, NEURONS)) * seen
    return readout, Observed(counts, seen, rng.standard_normal((2, T, 1)))


def precision_of_the_chain():
    """The dense precision and mean of all states, from x = M noise + what the inputs add."""
    blocks = np.eye(T * K)
    for time in range(1, T):
        blocks[time * K : (time + 1) * K, (time - 1) * K : time * K] = -DYNAMICS.transition
    noise = np.kron(np.eye(T), DYNAMICS.noise)
    noise[:K, :K] = DYNAMICS.start_noise
    return blocks.T @ np.linalg.inv(noise) @ blocks, np.linalg.inv(blocks)


def test_the_gradient_is_that_of_differences(seen_by_poisson):
    readout, observed = seen_by_poisson
    target = Target(DYNAMICS, readout, observed)
    states = np.random.default_rng(2).standard_normal((2, T, K))
    for trial in range(2):

        def value(flat, trial=trial):
            moved = states.copy()
            moved[trial] = flat.reshape(T, K)
            return target.value(moved)[trial]

        judge = approx_fprime(states[trial].ravel(), value, 1e-6)
        assert target.gradient(states)[trial].ravel() == pytest.approx(judge, abs=1e-4)


def test_the_mode_is_where_another_optimiser_ends(seen_by_poisson):
    readout, observed = seen_by_poisson
    target = Target(DYNAMICS, readout, observed)
    judge = minimize(
        lambda flat: -target.value(flat.reshape(2, T, K)).sum(), np.zeros(2 * T * K), method="BFGS", tol=1e-9
    )
    assert infer(DYNAMICS, readout, observed).means.ravel() == pytest.approx(judge.x, abs=1e-5)


def test_a_bad_start_leads_to_the_same_mode(seen_by_poisson):
    """From states whose rates are e^70 full Newton steps overflow."""
    readout, observed = seen_by_poisson
    far = np.full((2, T, K), 50.0)
    there = infer(DYNAMICS, readout, observed, far).means
    assert there == pytest.approx(infer(DYNAMICS, readout, observed).means, abs=1e-6)


def test_without_spikes_the_posterior_is_the_prior():
    nothing = Observed(np.zeros((1, T, 1)), np.zeros((1, T, 1)), np.ones((1, T, 1)))
    posterior = infer(DYNAMICS, PoissonReadout(np.ones((1, K)), np.zeros(1)), nothing)
    precision, gather = precision_of_the_chain()
    drive = np.tile(DYNAMICS.drive[:, 0], (T, 1))
    drive[0] = DYNAMICS.start
    covariance = np.linalg.inv(precision).reshape(T, K, T, K)
    assert posterior.means[0].ravel() == pytest.approx(gather @ drive.ravel(), abs=1e-9)
    for time in range(1, T):
        assert posterior.covariances[0, time] == pytest.approx(covariance[time, :, time], abs=1e-9)
        assert posterior.lagged[0, time - 1] == pytest.approx(covariance[time - 1, :, time], abs=1e-9)


def test_many_spikes_are_as_good_as_gaussian_observations():
    """The limit in which the exact Gaussian smoother is the judge.

    A neuron with n expected spikes and weight w tells its log rate with variance 1 / n. With n = 10⁸ and
    w = 10⁻⁴ the exponential is straight to one part in 10⁴ over the range of the states, while each
    observation has variance 1: the posterior is that of y = C x + unit noise.
    """
    rng, scale = np.random.default_rng(3), 1e4
    weights = rng.standard_normal((NEURONS, K))
    gaussian = rng.standard_normal((1, T, NEURONS))
    counts = scale**2 + scale * gaussian
    observed = Observed(counts, np.ones_like(counts), np.zeros((1, T, 1)))
    posterior = infer(
        DYNAMICS, PoissonReadout(weights / scale, np.full(NEURONS, 2 * np.log(scale))), observed
    )

    precision, gather = precision_of_the_chain()
    first = np.zeros((T, K))
    first[0] = DYNAMICS.start
    observing = np.kron(np.eye(T), weights)
    covariance = np.linalg.inv(precision + observing.T @ observing)
    prior = gather @ first.ravel()
    mean = covariance @ (precision @ prior + observing.T @ gaussian[0].ravel())
    assert posterior.means[0].ravel() == pytest.approx(mean, abs=2e-3)
    blocks = covariance.reshape(T, K, T, K)
    for time in range(T):
        assert posterior.covariances[0, time] == pytest.approx(blocks[time, :, time], abs=1e-3)


def test_chunks_of_trials_have_the_same_posterior(seen_by_poisson):
    readout, observed = seen_by_poisson
    both = infer(DYNAMICS, readout, observed)
    alone = infer(DYNAMICS, readout, observed.of(slice(1, 2), slice(None)))
    assert alone.means[0] == pytest.approx(both.means[1], abs=1e-6)

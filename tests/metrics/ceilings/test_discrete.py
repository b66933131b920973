"""What can be known of discrete states, beside hmmlearn with the true parameters and beside particles."""

import numpy as np
import pytest

from ctdspec.dynamics.particle_smoother import ParticleSmoother, known_inputs
from ctdspec.dynamics.simulate import simulate
from ctdspec.metrics.ceilings.discrete import discrete_posterior
from ctdspec.metrics.ceilings.inference import Effort, TrueModel, infer
from ctdspec.metrics.ceilings.spikes import poisson_likelihood
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.systems.jumps import Jumps, leaving

BIN_S, N_BINS, N_NEURONS = 0.01, 150, 8
JUMPS = Jumps(leaving([0.1, 0.2, 0.3], BIN_S))
RATES_HZ = np.random.default_rng(0).lognormal(3, 0.8, (3, N_NEURONS))


def rates_hz(states: np.ndarray) -> np.ndarray:
    return (states @ RATES_HZ).astype(np.float32)


def world() -> Truth:
    rng, splits = np.random.default_rng(1), {}
    for name, n_trials in (("train", 2), ("val", 2), ("test", 6)):
        latents = simulate(JUMPS, np.zeros((n_trials, N_BINS, 0), np.float32), rng)
        rates = latents @ RATES_HZ
        spikes = rng.poisson(rates * BIN_S).astype(np.uint16)
        splits[name] = SplitTruth(
            latents, rates.astype(np.float32), np.ones((n_trials, N_BINS), bool), spikes
        )
    return Truth("d", BIN_S, np.arange(N_NEURONS) == 5, splits)


def test_the_posterior_is_hmmlearns():
    hmm = pytest.importorskip("hmmlearn.hmm", reason="hmmlearn is in the extra hmm")
    truth = world()
    model = TrueModel(JUMPS, rates_hz, None, None)
    found = infer(truth, model, Effort(1000, 1000, 40, 1, 0.5, 0.01), np.random.default_rng(2))
    judge = hmm.PoissonHMM(3)
    judge.startprob_, judge.transmat_ = JUMPS.stationary, JUMPS.transitions
    judge.lambdas_ = RATES_HZ[:, ~truth.held_out] * BIN_S
    for trial, counts in enumerate(truth.splits["test"].spikes):
        want = judge.predict_proba(counts[:, ~truth.held_out].astype(int))
        answered = found.answer.splits["test"]
        np.testing.assert_allclose(answered.states[trial], want, atol=1e-5)
        np.testing.assert_allclose(answered.rates_hz[trial], want @ RATES_HZ, rtol=1e-4)
    assert not found.quality.collapsed
    assert found.answer.has_probabilities


def test_particles_come_near():
    """The same chain through the general way, of which discrete states are a special case."""
    truth = world()
    split = truth.splits["test"]
    likelihood = poisson_likelihood(split, rates_hz, ~truth.held_out, BIN_S, None)
    exact = discrete_posterior(JUMPS, likelihood, rates_hz, 6, N_BINS)
    received = np.zeros((6, N_BINS, 0), np.float32)
    found = ParticleSmoother(JUMPS, 2000, 20, 2000).smooth(
        lambda t, states: likelihood(t, states, slice(None)),
        known_inputs(received),
        rates_hz,
        received.shape,
        np.random.default_rng(2),
    )
    # Some hundreds of ancestors are behind a bin: most means are known to 0.02.
    assert np.abs(found.latents - exact.latents).mean() < 0.03
    assert np.abs(found.values - exact.values).mean() < 0.03 * exact.values.mean()

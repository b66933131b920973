from collections.abc import Mapping

import numpy as np
import pytest

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.dynamics.particle_smoother import ParticleSmoother, Posterior

N_TRIALS, N_BINS, RATE, NOISE_SD = 8, 60, 0.01, 0.5


class Leaky(Dynamics):
    """Keeps 0.9 of what it has, and adds its input: from 0, without noise of its own."""

    @property
    def n_latents(self) -> int:
        return 1

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return np.zeros((n_trials, 1))

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        return 0.9 * states + inputs

    def readout(self, states: Array) -> Array:
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        return {}


RNG = np.random.default_rng(0)


def pulses(n_trials, rng):
    """Rare pulses of ±2 on weak noise."""
    drawn = rng.random((n_trials, N_BINS, 1))
    rare = np.where(drawn < RATE, 2.0, np.where(drawn > 1 - RATE, -2.0, 0.0))
    return rare + 0.1 * rng.standard_normal(rare.shape)


def respond(inputs):
    latents, now = np.empty(inputs.shape), np.zeros((len(inputs), 1))
    for t in range(N_BINS):
        latents[:, t] = now = 0.9 * now + inputs[:, t]
    return latents


INPUTS = pulses(N_TRIALS, RNG)
LATENTS = respond(INPUTS)
SEEN = LATENTS + NOISE_SD * RNG.standard_normal(LATENTS.shape)
PULSES = InputBank(pulses(1000, RNG))


def smooth(inputs, n, seen=SEEN) -> Posterior:
    def likelihood(t, states):
        return -np.square(seen[:, t, None] - states)[..., 0] / (2 * NOISE_SD**2)

    smoother = ParticleSmoother(Leaky(), n, 10, n)
    return smoother.smooth(likelihood, inputs, np.square, INPUTS.shape, np.random.default_rng(1))


def test_guidance_is_worth_many_particles():
    reference = smooth(PULSES.blind(), 20000)
    blind = smooth(PULSES.blind(), 200)
    guided = smooth(PULSES.guided(blind.input_samples, 0.5), 200)
    errors = [np.square(found.latents - reference.latents).mean() for found in (blind, guided)]
    assert errors[1] < 0.5 * errors[0]
    assert guided.ess.min() > 2 * blind.ess.min()


@pytest.mark.parametrize("blind_share", [0.2, 0.9])
def test_weights_undo_guidance_even_if_it_is_wrong(blind_share):
    # Of Gaussian inputs the posterior is known: y = G u + noise, by the normal equations.
    bank = InputBank(0.5 * RNG.standard_normal((1000, N_BINS, 1)))
    drive = 0.5 * RNG.standard_normal(INPUTS.shape)
    seen = respond(drive) + NOISE_SD * RNG.standard_normal(INPUTS.shape)
    impulse = respond(np.eye(N_BINS)[..., None])[..., 0].T
    precision = impulse.T @ impulse / NOISE_SD**2 + np.eye(N_BINS) / 0.5**2
    exact = impulse @ np.linalg.solve(precision, impulse.T @ seen[..., 0].T / NOISE_SD**2)
    wrong = np.full((N_TRIALS, N_BINS, 20, 1), 0.4)
    found = smooth(bank.guided(wrong, blind_share), 3000, seen)
    sd = np.sqrt(np.diag(impulse @ np.linalg.inv(precision) @ impulse.T))
    error = np.sqrt(np.square((found.latents[..., 0] - exact.T) / sd).mean())
    assert error < 2 * np.sqrt((1 / found.smoothed_ess).mean()) < 0.5
    assert ((found.latents[..., 0] - exact.T) / sd).mean() == pytest.approx(0, abs=0.03)


def test_guided_draws_are_where_inputs_were_found():
    found = np.zeros((1, N_BINS, 50, 1))
    found[:, 29:32] = 2.0
    sample = PULSES.guided(found, 0.2)
    share = {}
    for t in (10, 30):
        inputs, correction = sample(t, np.zeros((1, 20000, 1)), np.random.default_rng(0))
        share[t] = (inputs > 1).mean()
        # Weighted draws have the mean of the bank.
        assert (np.exp(correction) * inputs[..., 0]).mean() == pytest.approx(
            PULSES.draws[:, t].mean(), abs=0.02
        )
    assert share[30] > 0.4
    assert share[10] < 0.03

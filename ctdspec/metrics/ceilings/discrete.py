"""What can be known of discrete states: exactly, without particles."""

from __future__ import annotations

import numpy as np

from ctdspec.dynamics.forward_backward import forward_backward
from ctdspec.dynamics.particle_smoother import N_SAMPLES, Posterior
from ctdspec.metrics.ceilings.spikes import BlockLikelihood, RatesHz
from ctdspec.systems.jumps import Jumps


def discrete_posterior(
    chain: Jumps, likelihood: BlockLikelihood, rates_hz: RatesHz, n_trials: int, n_bins: int
) -> Posterior:
    """Give the posterior of a chain's states, as if of infinitely many particles.

    Parameters
    ----------
    chain
        A system without inputs, which starts from its stationary distribution.
    likelihood
        Of states in a bin.
    rates_hz
        Of states (…, state).
    n_trials, n_bins
    """
    n = chain.n_latents
    each = np.broadcast_to(np.eye(n, dtype=np.float32), (n_trials, n, n))
    logs = np.stack([likelihood(t, each, slice(None)) for t in range(n_bins)], axis=1).astype(float)
    states = forward_backward(logs, chain.stationary, chain.transitions)
    endless = np.full((n_trials, n_bins), np.inf, np.float32)
    return Posterior(
        latents=states.astype(np.float32),
        latents_sd=np.sqrt(states * (1 - states)).astype(np.float32),
        inputs=np.zeros((n_trials, n_bins, 0), np.float32),
        values=(states @ rates_hz(np.eye(n, dtype=np.float32))).astype(np.float32),
        ess=endless,
        smoothed_ess=endless,
        input_samples=np.zeros((n_trials, n_bins, N_SAMPLES, 0), np.float32),
    )

"""Running a system forward."""

from __future__ import annotations

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics


def simulate(
    dynamics: Dynamics, inputs: np.ndarray, rng: np.random.Generator, start: np.ndarray | None = None
) -> np.ndarray:
    """Give the latents (trial, time, latent) float32 that inputs (trial, time, input) drive.

    A body starts at rest at `start` (trial, coordinate).

    ``latents[:, t]`` is the state after ``inputs[:, t]``, noise included: exactly the state that outputs and
    neurons read.
    """
    n_trials, n_bins, _ = inputs.shape
    states = dynamics.initial_states(n_trials, rng)
    if start is not None:
        states = dynamics.placed(states, start)
    latents = np.empty((n_trials, n_bins, dynamics.n_latents), np.float32)
    noise = rng.standard_normal((n_trials, n_bins, *dynamics.noise_shape), np.float32)
    for t in range(n_bins):
        states = dynamics.step(states, inputs[:, t], noise[:, t])
        latents[:, t] = states
    return latents

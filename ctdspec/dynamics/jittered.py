"""A system with a little noise of its own added, for inference where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics


@final
class Jittered(Dynamics):
    """A noise-free system, each step of which is followed by white noise.

    Particles of a noise-free system never differ in more than where they started, so resampling soon leaves
    one. Noise rejuvenates them (Gordon, Salmond & Smith 1993), at the price that what is inferred is a system
    less certain than the true one: a lower bound of what can be known. Too little of it and particles lose
    the track, which the effective number of particles shows.
    """

    def __init__(self, dynamics: Dynamics, noise_sd: np.ndarray) -> None:
        """Take the system, and the standard deviation (latent,) of the noise per bin."""
        self.dynamics = dynamics
        self.noise_sd = noise_sd

    @property
    def n_latents(self) -> int:
        """Those of the system."""
        return self.dynamics.n_latents

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per latent."""
        return (self.n_latents,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw those of the system."""
        return self.dynamics.initial_states(n_trials, rng)

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Give the system's noise-free step, plus noise_sd × noise."""
        states = self.dynamics.step(states, inputs)
        return states if noise is None else states + self.noise_sd * noise

    def readout(self, states: Array) -> Array:
        """Give the outputs of the system."""
        return self.dynamics.readout(states)

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the parameters of the system, and the standard deviation of the noise."""
        return {**self.dynamics.parameters(), "jitter_sd": self.noise_sd}

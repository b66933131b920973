"""A differential equation at work, in steps of one time bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.integrate import euler_maruyama, rk4
from ctdspec.errors import UsageError

if TYPE_CHECKING:
    from ctdspec.systems.vector_field import VectorField


@final
class Flow(Dynamics):
    """A vector field in steps of one time bin; inputs are held constant within it.

    Attributes
    ----------
    dt : float
        Length of an integration step in the equations' own time; in seconds it is `dt_s`.
    """

    def __init__(self, spec: VectorField, bin_s: float, n_inputs: int = 0, n_outputs: int = 0) -> None:
        self.spec = spec
        self.n_inputs, self.n_outputs = n_inputs, n_outputs
        self.dt = bin_s / spec.time_unit_s / spec.steps_per_bin
        self.burn_in_bins = round(spec.burn_in_s / bin_s)

    @property
    def dt_s(self) -> float:
        """Length of an integration step in seconds."""
        return self.dt * self.spec.time_unit_s

    @property
    def n_latents(self) -> int:
        """The coordinates of the equation."""
        return self.spec.n_latents

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """Noise for every integration step, if there is any."""
        return (self.spec.steps_per_bin, self.n_latents) if self.spec.noise_sd > 0 else (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start where the system says, and run without inputs for its burn-in.

        Raises
        ------
        UsageError
            If the state is not finite after it.
        """
        states = self.spec.start(n_trials, rng)
        silence = np.zeros((n_trials, self.n_inputs))
        for _ in range(self.burn_in_bins):
            states = self.step(states, silence, rng.standard_normal((n_trials, *self.noise_shape)))
        if not np.isfinite(states).all():
            raise UsageError(
                f"system: {self.spec.kind} grew without bound within burn_in_s = {self.spec.burn_in_s:g}, in "
                f"steps of {self.dt:g} of its own time; raise steps_per_bin or change its constants"
            )
        return states

    def step(self, states: Array, inputs: Array | None, noise: Array | None = None) -> Array:
        """Advance by one bin; a system that runs by itself needs no inputs."""
        for k in range(self.spec.steps_per_bin):
            kick = None if noise is None or self.spec.noise_sd == 0 else noise[:, k]
            states = self.spec.kept(states, self._integrated(states, inputs, kick))
        return states

    def _integrated(self, states: Array, inputs: Array | None, kick: Array | None) -> Array:
        def field(at: Array) -> Array:
            return self.spec.field(at, inputs)

        if self.spec.integrator == "rk4":
            return rk4(field, states, self.dt)
        return euler_maruyama(field, states, self.dt, self.spec.noise_sd, kick)

    def readout(self, states: Array) -> Array:
        """Give the outputs that the system has and the task asks for."""
        return self.spec.readout(states)[..., : self.n_outputs]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the constants of the equation and the integration step."""
        return {**self.spec.constants(), "dt": np.array(self.dt)}

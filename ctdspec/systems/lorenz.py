"""The Lorenz system."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, final

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.integrate import euler_maruyama, rk4
from ctdspec.systems.system import System
from ctdspec.tasks.task import Task


class Lorenz(System):
    """Chaotic convection in three dimensions (Lorenz 1963): dx = σ(y−x), dy = x(ρ−z)−y, dz = xy−βz.

    Each trial starts from its own point near the attractor and runs freely for `burn_in_s` before it is seen.
    """

    kind: Literal["lorenz"]
    sigma: float = Field(gt=0)
    """σ, the Prandtl number; 10 in the classical system."""
    rho: float = Field(gt=0)
    """ρ, the Rayleigh number; 28 in the classical system."""
    beta: float = Field(gt=0)
    """β, the aspect of the convection cells; 8/3 in the classical system."""
    time_unit_s: float = Field(gt=0)
    """How many seconds one unit of the equations' own time takes."""
    integrator: Literal["rk4", "euler_maruyama"]
    """`rk4`: order 4, without noise. `euler_maruyama`: order 1, with or without noise."""
    steps_per_bin: int = Field(ge=1, le=10_000)
    """Integration steps per time bin."""
    noise_sd: float = Field(ge=0)
    """Intensity of the white noise on every coordinate, per square root of the equations' own time."""
    burn_in_s: float = Field(ge=0)
    """Time for which a trial runs before its first bin, in seconds."""

    @model_validator(mode="after")
    def _ensure_integrator_takes_noise(self) -> Lorenz:
        if self.integrator == "rk4" and self.noise_sd > 0:
            raise ValueError(
                "rk4 integrates without noise: set noise_sd to 0, or integrator to euler_maruyama"
            )
        return self

    @property
    def n_latents(self) -> int:
        """Three: x, y, z."""
        return 3

    def ensure_serves(self, task: Task) -> None:
        """Refuse tasks: the system takes no inputs and gives no answers."""
        if task.input_names or task.output_names:
            raise ValueError(
                f"lorenz runs by itself and cannot do the task {task.kind!r}; use kind: spontaneous"
            )

    def dynamics(self, task: Task, weights: Path | None) -> LorenzDynamics:
        """Give the system in steps of the task's bins."""
        return LorenzDynamics(self, task.bin_s)


@final
class LorenzDynamics(Dynamics):
    """The Lorenz system in steps of one time bin."""

    def __init__(self, spec: Lorenz, bin_s: float) -> None:
        self.spec = spec
        self.dt = bin_s / spec.time_unit_s / spec.steps_per_bin
        self.burn_in_bins = round(spec.burn_in_s / bin_s)

    @property
    def n_latents(self) -> int:
        """Three: x, y, z."""
        return 3

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """Noise for every integration step, if there is any."""
        return (self.spec.steps_per_bin, 3) if self.spec.noise_sd > 0 else (0,)

    def field(self, states: Array) -> Array:
        """Give the time derivative (…, 3) of states (…, 3), per unit of the equations' own time."""
        x, y, z = states[..., 0], states[..., 1], states[..., 2]
        spec = self.spec
        flow = [spec.sigma * (y - x), x * (spec.rho - z) - y, x * y - spec.beta * z]
        return array_namespace(states).stack(flow, axis=-1)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start near the centre of the attractor, with a spread like its own, and run freely to reach it."""
        states = rng.standard_normal((n_trials, 3)) * (8.0, 9.0, 8.5) + (0.0, 0.0, self.spec.rho - 1)
        for _ in range(self.burn_in_bins):
            states = self.step(states, None, rng.standard_normal((n_trials, *self.noise_shape)))
        return states

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance by one bin; there are no inputs."""
        for k in range(self.spec.steps_per_bin):
            if self.spec.integrator == "rk4":
                states = rk4(self.field, states, self.dt)
            else:
                kick = None if noise is None or self.spec.noise_sd == 0 else noise[:, k]
                states = euler_maruyama(self.field, states, self.dt, self.spec.noise_sd, kick)
        return states

    def readout(self, states: Array) -> Array:
        """Give no outputs."""
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give σ, ρ, β and the integration step."""
        spec = self.spec
        return {name: np.array(getattr(spec, name)) for name in ("sigma", "rho", "beta")} | {
            "dt": np.array(self.dt)
        }

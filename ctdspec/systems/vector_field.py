"""Systems that are given by a differential equation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.flow import Flow
from ctdspec.systems.system import System
from ctdspec.tasks.task import Task


class VectorField(System):
    """A differential equation dx = field(x, inputs) dt + noise_sd dW, in time units of its own.

    A kind is its field, the field's Jacobian, the names of its coordinates, where trials start, and what
    theory knows about it without noise; `Flow` puts it to work in time bins.
    """

    time_unit_s: float = Field(ge=1e-6, le=3600)
    """How many seconds one unit of the equations' own time takes."""
    integrator: Literal["rk4", "euler_maruyama"]
    """`rk4`: order 4, without noise. `euler_maruyama`: order 1, with or without noise."""
    steps_per_bin: int = Field(ge=1, le=10_000)
    """Integration steps per time bin."""
    noise_sd: float = Field(ge=0)
    """Intensity of the white noise on every coordinate, per square root of the equations' own time."""
    burn_in_s: float = Field(ge=0, le=3600)
    """Time for which a trial runs before its first bin, in seconds."""

    @model_validator(mode="after")
    def _ensure_integrator_takes_noise(self) -> VectorField:
        if self.integrator == "rk4" and self.noise_sd > 0:
            raise ValueError(
                "rk4 integrates without noise: set noise_sd to 0, or integrator to euler_maruyama"
            )
        return self

    @property
    @abstractmethod
    def latent_names(self) -> tuple[str, ...]:
        """What each coordinate is called."""

    @property
    def n_latents(self) -> int:
        """The number of coordinates."""
        return len(self.latent_names)

    @abstractmethod
    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the time derivative (…, latent) of states (…, latent), per unit of the equations' own time.

        `inputs` (…, input) are held for the bin; a system that takes none ignores them.
        """

    @abstractmethod
    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative (…, latent, latent) of the field at states (…, latent), without inputs."""

    @abstractmethod
    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw where trials start, before they are left to run for `burn_in_s`: (trial, latent) float64."""

    @abstractmethod
    def constants(self) -> Mapping[str, np.ndarray]:
        """Give the numbers of the equation, for the record of the truth."""

    def readout(self, states: Array) -> Array:
        """Give the outputs (…, output) that the system has to offer; most have none."""
        return states[..., :0]

    def kept(self, before: Array, after: Array) -> Array:
        """Give what stands of an integration step (trial, latent): all of it, but for absorbing states."""
        return after

    def known_fixed_points(self) -> np.ndarray | None:
        """Give all fixed points (point, latent) of the field without inputs; None if theory has no list."""
        return None

    def known_eigenvalues_hz(self) -> np.ndarray | None:
        """Give the eigenvalues (point, latent) of the field's Jacobian at each known fixed point, in 1/s."""
        points = self.known_fixed_points()
        if points is None:
            return None
        return np.linalg.eigvals(self.jacobian(points)).astype(complex) / self.time_unit_s

    def known_exponents_hz(self) -> np.ndarray | None:
        """Give the Lyapunov exponents (latent,) of the attractor in 1/s, decreasing; None if not known."""
        return None

    def known_period_s(self) -> float | None:
        """Give the period of the limit cycle in seconds; None if there is none, or none is published."""
        return None

    def ensure_serves(self, task: Task) -> None:
        """Refuse tasks: the system takes no inputs and gives no answers."""
        if task.input_names or task.output_names:
            raise ValueError(
                f"{self.kind} runs by itself and cannot do the task {task.kind!r}; use kind: spontaneous"
            )

    def dynamics(self, task: Task, weights: Path | None) -> Flow:
        """Give the system in steps of the task's bins."""
        return Flow(self, task.bin_s, len(task.input_names), len(task.output_names))


def matrices(rows: Sequence[Sequence[np.ndarray | float]]) -> np.ndarray:
    """Give one matrix (…, row, column) per state, from rows of entries (…) that broadcast."""
    entries = np.broadcast_arrays(*(np.asarray(entry, float) for row in rows for entry in row))
    flat = np.stack(entries, axis=-1)
    return flat.reshape(*flat.shape[:-1], len(rows), len(rows[0]))

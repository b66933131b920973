"""The ring attractor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField
from ctdspec.tasks.task import Task


class RingAttractor(VectorField):
    """Rectified units on a ring whose bump of activity stays at any angle (Ben-Yishai et al. 1995).

    dr_i = −r_i + [I + 1/N Σ_j (J0 + J1 cos(θ_i − θ_j) + ω J1 sin(θ_i − θ_j)) r_j]₊. For J1 > 2 the bump is
    r = A [cos(θ − ψ) − cos θc]₊ at any ψ, with θc − ½ sin 2θc = 2π/J1. It runs by itself, or takes one
    input, an angular velocity in rad/s, which gives ω and which the bump follows to first order; its outputs
    are cos ψ and sin ψ.
    """

    kind: Literal["ring_attractor"]
    units: int = Field(ge=8, le=4096)
    """N, the number of units; the angles at which the bump can stay are the denser the more there are."""
    uniform: float
    """J0, what every unit gives every other; below 0 it is inhibition."""
    tuned: float = Field(gt=2)
    """J1, what units of like angle give each other beyond that; the bump is the narrower the larger it is."""
    current: float = Field(gt=0)
    """I, the constant current to all units."""

    @model_validator(mode="after")
    def _ensure_bump_is_finite(self) -> RingAttractor:
        half_width, mean = self._bump()
        limit = -np.cos(half_width) / mean
        if self.uniform >= limit:
            raise ValueError(
                f"uniform ({self.uniform:g}) must be below {limit:g} for tuned = {self.tuned:g}: "
                "above it no inhibition stops the activity from growing without bound"
            )
        return self

    @property
    def latent_names(self) -> tuple[str, ...]:
        """One rate per unit."""
        return tuple(f"unit_{i}" for i in range(self.units))

    @property
    def angles(self) -> np.ndarray:
        """The preferred angles (unit,) in radians."""
        return 2 * np.pi * np.arange(self.units) / self.units

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the rates; the ring's symmetry leaves three sums to take."""
        xp = array_namespace(states)
        cos, sin = xp.asarray(np.cos(self.angles)), xp.asarray(np.sin(self.angles))
        mean = xp.mean(states, axis=-1)[..., None]
        x, y = (states @ cos)[..., None] / self.units, (states @ sin)[..., None] / self.units
        drive = self.current + self.uniform * mean + self.tuned * (cos * x + sin * y)
        if inputs is not None and inputs.shape[-1]:
            drive = drive + self.time_unit_s * inputs * self.tuned * (sin * x - cos * y)
        return -states + xp.where(drive.real > 0, drive, 0 * drive)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow, where no unit is just at its threshold."""
        apart = self.angles[:, None] - self.angles
        weights = (self.uniform + self.tuned * np.cos(apart)) / self.units
        active = self.current + states @ weights.T > 0
        return active[..., None] * weights - np.eye(self.units)

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start with a bump at a random angle."""
        return self.bumps(2 * np.pi * rng.random(n_trials))

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give J0, J1, I and the angles."""
        names = ("uniform", "tuned", "current")
        return {name: np.array(getattr(self, name)) for name in names} | {"angles": self.angles}

    def readout(self, states: Array) -> Array:
        """Give the cosine and the sine of the angle of the population vector."""
        xp = array_namespace(states)
        x = states @ xp.asarray(np.cos(self.angles), dtype=states.dtype)
        y = states @ xp.asarray(np.sin(self.angles), dtype=states.dtype)
        length = xp.sqrt(x * x + y * y)
        return xp.stack([x, y], axis=-1) / xp.where(length > 0, length, length + 1)[..., None]

    def bumps(self, angles: np.ndarray) -> np.ndarray:
        """Give the bumps (…, unit) that stay at angles (…), exact for infinitely many units."""
        half_width, mean = self._bump()
        height = -self.current / (np.cos(half_width) + self.uniform * mean)
        tuning = np.cos(np.asarray(angles)[..., None] - self.angles) - np.cos(half_width)
        return height * np.maximum(tuning, 0)

    def ensure_serves(self, task: Task) -> None:
        """Refuse a task of more than one input, or of other than two outputs."""
        n_inputs, n_outputs = len(task.input_names), len(task.output_names)
        if n_inputs > 1 or n_outputs not in (0, 2):
            raise ValueError(
                "ring_attractor takes one input, an angular velocity, and gives two outputs, the cosine and "
                f"the sine of its angle; the task {task.kind!r} has {n_inputs} and {n_outputs}"
            )

    def _bump(self) -> tuple[float, float]:
        """Give half the width θc of a bump, and the mean over the ring of [cos θ − cos θc]₊."""
        low, high = 0.0, np.pi
        for _ in range(60):
            half = (low + high) / 2
            low, high = (half, high) if half - np.sin(2 * half) / 2 < 2 * np.pi / self.tuned else (low, half)
        return high, float(np.sin(high) - high * np.cos(high)) / np.pi

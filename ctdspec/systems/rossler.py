"""The Rössler system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class Rossler(VectorField):
    """The simplest band of chaos (Rössler 1976): dx = −y−z, dy = x+ay, dz = b+z(x−c)."""

    kind: Literal["rossler"]
    a: float = Field(gt=0)
    """a, the growth of the spiral; 0.2 in the classical system."""
    b: float = Field(gt=0)
    """b, what keeps z away from zero; 0.2 in the classical system."""
    c: float = Field(gt=0)
    """c, where x lifts the state off the plane; 5.7 in the classical system."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Three: x, y, z."""
        return ("x", "y", "z")

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equations."""
        x, y, z = states[..., 0], states[..., 1], states[..., 2]
        flow = [-y - z, x + self.a * y, self.b + z * (x - self.c)]
        return array_namespace(states).stack(flow, axis=-1)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        x, _, z = np.moveaxis(states, -1, 0)
        return matrices([[0, -1, -1], [1, self.a, 0], [z, 0, x - self.c]])

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start on a disc inside the band, whose flow leads onto the attractor."""
        angle = 2 * np.pi * rng.random(n_trials)
        radius = self.c * (0.5 + 0.5 * rng.random(n_trials))
        return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(n_trials)], axis=-1)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give a, b and c."""
        return {name: np.array(getattr(self, name)) for name in ("a", "b", "c")}

    def known_fixed_points(self) -> np.ndarray:
        """Give the two on the line x = az, y = −z, if c² ≥ 4ab: one in the band's middle, one far from it."""
        inside = self.c**2 - 4 * self.a * self.b
        if inside < 0:
            return np.empty((0, 3))
        z = (self.c + np.array([-1, 1]) * inside**0.5) / (2 * self.a)
        return np.stack([self.a * z, -z, z], axis=-1)

    def known_exponents_hz(self) -> np.ndarray | None:
        """Give those of the classical system (Sprott 2003): 0.0714, 0, -5.3943 per unit of its time."""
        if (self.a, self.b, self.c) != (0.2, 0.2, 5.7):
            return None
        return np.array([0.0714, 0, -5.3943]) / self.time_unit_s

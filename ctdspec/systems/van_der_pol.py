"""The van der Pol oscillator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class VanDerPol(VectorField):
    """A self-sustained relaxation oscillation (van der Pol 1926): dx = y, dy = μ(1−x²)y − x."""

    kind: Literal["van_der_pol"]
    mu: float = Field(gt=0)
    """μ, the strength of the damping: near 0 a harmonic oscillator, above 1 ever sharper relaxations."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Two: x and its derivative y."""
        return ("x", "y")

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equations."""
        x, y = states[..., 0], states[..., 1]
        return array_namespace(states).stack([y, self.mu * (1 - x * x) * y - x], axis=-1)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        x, y = np.moveaxis(states, -1, 0)
        return matrices([[0, 1], [-2 * self.mu * x * y - 1, self.mu * (1 - x * x)]])

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start on the circle of radius 2, where the cycle of a weak oscillator lies."""
        angle = 2 * np.pi * rng.random(n_trials)
        return 2 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give μ."""
        return {"mu": np.array(self.mu)}

    def known_fixed_points(self) -> np.ndarray:
        """Give the origin, a repeller."""
        return np.zeros((1, 2))

    def known_exponents_hz(self) -> np.ndarray | None:
        """Give those of μ = 1: 0 and −1.0594 per unit of its time; deviations shrink to 8.6e-4 in a turn."""
        return np.array([0, -1.0594]) / self.time_unit_s if self.mu == 1 else None

    def known_period_s(self) -> float | None:
        """Give the published periods: 6.663287 for μ = 1, 7.629874 for μ = 2 and 11.612231 for μ = 5.

        Per unit of its own time (Urabe 1960; Andersen & Geer 1982).
        """
        published = {1.0: 6.663287, 2.0: 7.629874, 5.0: 11.612231}
        return published[self.mu] * self.time_unit_s if self.mu in published else None

"""The normal form of the Hopf bifurcation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class Hopf(VectorField):
    """The normal form of the Hopf bifurcation: dz = (μ + iω)z − (1 + iβ)|z|²z, with z = x + iy.

    For μ > 0 a cycle of radius √μ attracts all but the origin; it turns with ω − βμ (Strogatz 2015, 8.2).
    """

    kind: Literal["hopf"]
    mu: float
    """μ: below 0 the origin attracts, above it a cycle does."""
    omega: float
    """ω, the angular frequency at the origin, per unit of the equations' own time."""
    shear: float
    """β, how much slower the state turns for every unit of its squared radius; 0 for none."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Two: x and y."""
        return ("x", "y")

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equations."""
        x, y = states[..., 0], states[..., 1]
        square = x * x + y * y
        growth, turn = self.mu - square, self.omega - self.shear * square
        return array_namespace(states).stack([growth * x - turn * y, turn * x + growth * y], axis=-1)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        x, y = np.moveaxis(states, -1, 0)
        square = x * x + y * y
        growth, turn = self.mu - square, self.omega - self.shear * square
        along_x, along_y = -2 * x + 2 * self.shear * y, -2 * y - 2 * self.shear * x
        return matrices(
            [[growth + along_x * x, -turn + along_x * y], [turn + along_y * x, growth + along_y * y]]
        )

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start at a random angle, at the radius √|μ|, that of the cycle if there is one; 1 for μ = 0."""
        angle = 2 * np.pi * rng.random(n_trials)
        radius = abs(self.mu) ** 0.5 if self.mu else 1.0
        return radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give μ, ω and β."""
        return {name: np.array(getattr(self, name)) for name in ("mu", "omega", "shear")}

    def known_fixed_points(self) -> np.ndarray | None:
        """Give the origin; None if the cycle stands still, for then it is made of fixed points."""
        return np.zeros((1, 2)) if self.mu <= 0 or self.omega != self.shear * self.mu else None

    def known_exponents_hz(self) -> np.ndarray:
        """Give 0 and −2μ on the cycle, and μ twice at an attracting origin."""
        exponents = [0.0, -2 * self.mu] if self.mu > 0 else [self.mu, self.mu]
        return np.array(exponents) / self.time_unit_s

    def known_period_s(self) -> float | None:
        """Give 2π / |ω − βμ|, if there is a cycle that turns."""
        turn = abs(self.omega - self.shear * self.mu)
        return 2 * np.pi / turn * self.time_unit_s if self.mu > 0 and turn > 0 else None

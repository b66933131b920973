"""The Lorenz system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class Lorenz(VectorField):
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

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Three: x, y, z."""
        return ("x", "y", "z")

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equations."""
        x, y, z = states[..., 0], states[..., 1], states[..., 2]
        flow = [self.sigma * (y - x), x * (self.rho - z) - y, x * y - self.beta * z]
        return array_namespace(states).stack(flow, axis=-1)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        x, y, z = np.moveaxis(states, -1, 0)
        rows = [[-self.sigma, self.sigma, 0], [self.rho - z, -1, -x], [y, x, -self.beta]]
        return matrices(rows)

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start near the centre of the attractor, with a spread like its own."""
        return rng.standard_normal((n_trials, 3)) * (8.0, 9.0, 8.5) + (0.0, 0.0, self.rho - 1)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give σ, ρ and β."""
        return {name: np.array(getattr(self, name)) for name in ("sigma", "rho", "beta")}

    def known_fixed_points(self) -> np.ndarray:
        """Give the origin and, if ρ > 1, the centres of both wings."""
        points = [[0.0, 0.0, 0.0]]
        if self.rho > 1:
            wing = (self.beta * (self.rho - 1)) ** 0.5
            points += [[wing, wing, self.rho - 1], [-wing, -wing, self.rho - 1]]
        return np.array(points)

    def known_exponents_hz(self) -> np.ndarray | None:
        """Give those of the classical system (Sprott 2003): 0.9056, 0, -14.5723 per unit of its time."""
        if (self.sigma, self.rho) != (10, 28) or abs(self.beta - 8 / 3) > 1e-12:
            return None
        return np.array([0.9056, 0, -14.5723]) / self.time_unit_s

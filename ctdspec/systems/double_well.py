"""The double well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class DoubleWell(VectorField):
    """Two stable states and noise that switches them: dx = (αx − βx³) dt + noise.

    The flow falls down the potential U = −αx²/2 + βx⁴/4. With noise σ the stationary density is proportional
    to exp(−2U/σ²), and a well is left at Kramers' rate, α / (√2 π) · exp(−α² / (2βσ²)) per unit of time if
    the noise is weak (Kramers 1940).
    """

    kind: Literal["double_well"]
    alpha: float = Field(gt=0)
    """α, how fast the state leaves the ridge."""
    beta: float = Field(gt=0)
    """β, how narrow the wells are together: they lie at ±√(α/β)."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """One: x."""
        return ("x",)

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equation."""
        return self.alpha * states - self.beta * states * states * states

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        return matrices([[self.alpha - 3 * self.beta * states[..., 0] ** 2]])

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start in one well or the other, by a fair coin."""
        return self._well * rng.choice([-1.0, 1.0], (n_trials, 1))

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give α and β."""
        return {name: np.array(getattr(self, name)) for name in ("alpha", "beta")}

    def known_fixed_points(self) -> np.ndarray:
        """Give the ridge at 0 and both wells."""
        return self._well * np.array([[0.0], [1.0], [-1.0]])

    def known_exponents_hz(self) -> np.ndarray:
        """Give −2α, that of a well."""
        return np.array([-2 * self.alpha]) / self.time_unit_s

    def kramers_rate_hz(self) -> float:
        """Give the rate at which weak noise lifts the state out of its well, in 1/s; 0 without noise."""
        if self.noise_sd == 0:
            return 0.0
        barrier = self.alpha**2 / (4 * self.beta)
        frequency = self.alpha / (2**0.5 * np.pi)
        return float(frequency * np.exp(-2 * barrier / self.noise_sd**2)) / self.time_unit_s

    @property
    def _well(self) -> float:
        return (self.alpha / self.beta) ** 0.5

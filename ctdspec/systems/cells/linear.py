"""The linear dynamical system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine
from ctdspec.systems.cells._weights import normal, uniform
from ctdspec.systems.cells.cell import Cell

_START_DECAY = 0.95


class Linear(Cell):
    """x ← A x + B u + b, with white noise on the new state: a linear dynamical system (Kalman 1960).

    The weights are those of ``torch.nn.RNNCell`` without its nonlinearity, but for the one bias.
    """

    kind: Literal["linear"]
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per unit."""
        return (self.units,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from.

        Returns
        -------
        dict
            float32 ``weight_hh`` A (unit, unit), 0.95 times the identity and normal deviations of variance
            0.05²/units: a stable system with long memory; ``weight_ih`` B (unit, input), uniform within
            ±1/sqrt(units); ``bias`` b (unit,), 0.
        """
        deviations = normal((self.units, self.units), (1 - _START_DECAY) * self.units**-0.5, rng)
        return {
            "weight_ih": uniform((self.units, n_inputs), self.units, rng),
            "weight_hh": _START_DECAY * np.eye(self.units, dtype=np.float32) + deviations,
            "bias": np.zeros(self.units, np.float32),
        }

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give A states + B inputs + b + noise_sd × noise."""
        drive = affine(inputs, weights["weight_ih"], weights["bias"])
        states = states @ weights["weight_hh"].T + drive
        return states if noise is None else states + self.noise_sd * noise

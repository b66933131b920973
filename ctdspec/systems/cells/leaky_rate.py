"""The leaky rate network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, mix, multiply_add
from ctdspec.systems.cells._weights import normal, uniform
from ctdspec.systems.cells.cell import Cell


class LeakyRate(Cell):
    """Rates that relax to a hyperbolic tangent of what they receive, with white noise on the new state.

    The leak acts on the state itself: τ dr/dt = −r + tanh(W r + U u + b), by Euler's method (the network of
    Yang et al. 2019 and Driscoll et al. 2024, with the noise outside the nonlinearity as in our other cells).
    """

    kind: Literal["leaky_rate"]
    leak: float = Field(gt=0, le=1)
    """Share of the state that is renewed in each bin: the length of a bin over the time constant."""
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def bounds(self) -> tuple[float, float]:
        """An update mixes the old state with a hyperbolic tangent."""
        return (-1.0, 1.0)

    @property
    def recurrent_weights(self) -> str:
        """W_hh."""
        return "weight_hh"

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per unit."""
        return (self.units,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from.

        Returns
        -------
        dict
            float32 ``weight_ih`` (unit, input), uniform within ±1/sqrt(n_inputs); ``weight_hh`` (unit, unit),
            normal with variance 1/units: the edge of chaos (Sompolinsky et al. 1988); ``bias`` (unit,), 0.
        """
        return {
            "weight_ih": uniform((self.units, n_inputs), n_inputs, rng),
            "weight_hh": normal((self.units, self.units), self.units**-0.5, rng),
            "bias": np.zeros(self.units, np.float32),
        }

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give states + leak × (tanh(W_ih inputs + W_hh states + b) − states) + noise_sd × noise."""
        drive = affine(states, weights["weight_hh"], affine(inputs, weights["weight_ih"], weights["bias"]))
        states = mix(states, array_namespace(states).tanh(drive), self.leak)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)

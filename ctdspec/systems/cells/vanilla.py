"""The vanilla recurrent network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, multiply_add
from ctdspec.systems.cells._weights import recurrent_weights
from ctdspec.systems.cells.cell import Cell


class Vanilla(Cell):
    """Hyperbolic tangent of a linear map of state and inputs (Elman 1990), with white noise on the new state.

    The weights fit ``torch.nn.RNNCell``.
    """

    kind: Literal["vanilla"]
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The state is a hyperbolic tangent."""
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
        """Draw the weights that training starts from; see `recurrent_weights`, of one block."""
        return recurrent_weights(1, n_inputs, self.units, rng)

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give tanh(W_ih inputs + b_ih + W_hh states + b_hh) + noise_sd × noise."""
        drive = affine(inputs, weights["weight_ih"], weights["bias_ih"])
        recurrent = affine(states, weights["weight_hh"], weights["bias_hh"])
        states = array_namespace(states).tanh(drive + recurrent)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)

"""The gated recurrent unit with noise on its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import multiply_add
from ctdspec.systems.cells.cell import Cell
from ctdspec.systems.cells.gru import gru_step, gru_weights


class NoisyGRU(Cell):
    """Gated recurrent unit whose new state receives white noise in every bin.

    The noisy state is the state: the next step, the readout and the neurons all see the same one.
    """

    kind: Literal["noisy_gru"]
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def bounds(self) -> tuple[float, float]:
        """An update mixes the old state with a hyperbolic tangent."""
        return (-1.0, 1.0)

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per unit."""
        return (self.units,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from; see `gru_weights`."""
        return gru_weights(n_inputs, self.units, rng)

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give GRU(states, inputs) + noise_sd × noise."""
        states = gru_step(weights, states, inputs)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)

"""The leaky network of currents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, mix, multiply_add
from ctdspec.systems.cells._weights import normal
from ctdspec.systems.cells.cell import Cell


class LeakyCurrent(Cell):
    """Units that integrate what they receive and pass it on through a nonlinearity, with white noise.

    τ dx/dt = −x + J r + B u + b with r = φ(x), by Euler's method (Sompolinsky et al. 1988; Sussillo et al.
    2015). The state is x; the readout sees the rates r.
    """

    kind: Literal["leaky_current"]
    phi: Literal["tanh", "rectified_tanh"]
    """φ, the nonlinearity of the units: tanh x, or max(0, tanh x)."""
    leak: float = Field(gt=0, le=1)
    """Share of the state that is renewed in each bin: the length of a bin over the time constant."""
    initial_gain: float = Field(gt=0)
    """g, how strong the recurrent weights are when training starts: their variance is g²/units."""
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def recurrent_weights(self) -> str:
        """J."""
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
            float32 ``weight_ih`` B (unit, input), normal with variance 1/n_inputs; ``weight_hh`` J
            (unit, unit), normal with variance g²/units; ``bias`` b (unit,), 0.
        """
        return {
            "weight_ih": normal((self.units, n_inputs), max(n_inputs, 1) ** -0.5, rng),
            "weight_hh": normal((self.units, self.units), self.initial_gain * self.units**-0.5, rng),
            "bias": np.zeros(self.units, np.float32),
        }

    def rates(self, states: Array) -> Array:
        """Give φ(states)."""
        rates = array_namespace(states).tanh(states)
        return rates if self.phi == "tanh" else rates.clip(0)

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give states + leak × (J φ(states) + B inputs + b − states) + noise_sd × noise."""
        drive = affine(inputs, weights["weight_ih"], weights["bias"])
        states = mix(states, affine(self.rates(states), weights["weight_hh"], drive), self.leak)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)

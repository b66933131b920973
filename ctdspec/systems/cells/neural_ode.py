"""The neural ordinary differential equation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.dynamics.integrate import euler_maruyama, rk4
from ctdspec.systems.cells._functions import affine, multiply_add
from ctdspec.systems.cells._weights import uniform
from ctdspec.systems.cells.cell import Cell


class NeuralODE(Cell):
    """dx/dt = MLP(x, u) in fixed steps, the inputs held over a bin (Chen et al. 2018).

    The layers of the perceptron are followed by hyperbolic tangents, but for the last, which is linear. White
    noise is on the new state.
    """

    kind: Literal["neural_ode"]
    hidden_units: int = Field(ge=1, le=4096)
    """Width of the hidden layers."""
    hidden_layers: int = Field(ge=1, le=8)
    """Number of hidden layers."""
    bin_time: float = Field(gt=0)
    """How long a bin lasts in the time of the equation."""
    integrator: Literal["euler", "rk4"]
    """Euler's method, or the classical Runge–Kutta method of order 4."""
    steps_per_bin: int = Field(ge=1, le=1000)
    """Steps of the integrator in each bin."""
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @property
    def input_weights(self) -> str:
        """Those of the first layer."""
        return "weight_uh"

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per unit."""
        return (self.units,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from, uniformly within ±1/sqrt(fan-in), as PyTorch does.

        Returns
        -------
        dict
            float32 ``weight_xh`` (hidden, unit), ``weight_uh`` (hidden, input) and ``bias_h`` (hidden,) of
            the first layer; ``weight_k`` (hidden, hidden) and ``bias_k`` of the k-th; ``weight_out``
            (unit, hidden) and ``bias_out`` (unit,).
        """
        hidden, fan_in = self.hidden_units, self.units + n_inputs
        weights = {
            "weight_xh": uniform((hidden, self.units), fan_in, rng),
            "weight_uh": uniform((hidden, n_inputs), fan_in, rng),
            "bias_h": uniform((hidden,), fan_in, rng),
        }
        for layer in range(2, self.hidden_layers + 1):
            weights[f"weight_{layer}"] = uniform((hidden, hidden), hidden, rng)
            weights[f"bias_{layer}"] = uniform((hidden,), hidden, rng)
        weights["weight_out"] = uniform((self.units, hidden), hidden, rng)
        weights["bias_out"] = uniform((self.units,), hidden, rng)
        return weights

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give the states at the end of the bin + noise_sd × noise."""
        tanh = array_namespace(states).tanh
        drive = affine(inputs, weights["weight_uh"], weights["bias_h"])

        def field(at: Array) -> Array:
            hidden = tanh(affine(at, weights["weight_xh"], drive))
            for layer in range(2, self.hidden_layers + 1):
                hidden = tanh(affine(hidden, weights[f"weight_{layer}"], weights[f"bias_{layer}"]))
            return affine(hidden, weights["weight_out"], weights["bias_out"])

        dt = self.bin_time / self.steps_per_bin
        for _ in range(self.steps_per_bin):
            if self.integrator == "rk4":
                states = rk4(field, states, dt)
            else:
                states = euler_maruyama(field, states, dt, 0, None)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)

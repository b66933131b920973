"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, blocks, logistic, mix, multiply_add
from ctdspec.systems.cells._weights import recurrent_weights
from ctdspec.systems.cells.cell import Cell


class GRU(Cell):
    """Gated recurrent unit without noise (Cho et al. 2014), in the form and with the weights of PyTorch.

    The reset gate acts after the recurrent product, so the weights fit ``torch.nn.GRUCell`` and cuDNN.
    """

    kind: Literal["gru"]

    @property
    def bounds(self) -> tuple[float, float]:
        """An update mixes the old state with a hyperbolic tangent."""
        return (-1.0, 1.0)

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """No noise."""
        return (0,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from; see `gru_weights`."""
        return gru_weights(n_inputs, self.units, rng)

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give the next states; the noise is not used."""
        return gru_step(weights, states, inputs)


def gru_weights(n_inputs: int, units: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the weights of a GRU uniformly within ±1/sqrt(units), as PyTorch does.

    Returns
    -------
    dict
        float32 ``weight_ih`` (3 unit, input), ``weight_hh`` (3 unit, unit), ``bias_ih`` and ``bias_hh``
        (3 unit,). The three blocks are the reset gate, the update gate and the candidate.
    """
    return recurrent_weights(3, n_inputs, units, rng)


def gru_step(weights: Mapping[str, Array], states: Array, inputs: Array) -> Array:
    """Give the next states (trial, unit) of a GRU from states (trial, unit) and inputs (trial, input)."""
    drive_gates, drive = blocks(affine(inputs, weights["weight_ih"], weights["bias_ih"]), 2, 1)
    gates, recurrent = blocks(affine(states, weights["weight_hh"], weights["bias_hh"]), 2, 1)
    reset, update = blocks(logistic(drive_gates + gates), 1, 1)
    candidate = array_namespace(states).tanh(multiply_add(drive, reset, recurrent))
    return mix(candidate, states, update)

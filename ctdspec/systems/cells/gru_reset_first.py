"""The gated recurrent unit as it was first published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, blocks, logistic, mix
from ctdspec.systems.cells._weights import normal
from ctdspec.systems.cells.cell import Cell


class GRUResetFirst(Cell):
    """Gated recurrent unit without noise whose reset gate acts before the recurrent product.

    The equations of Cho et al. (2014), which LFADS has (Sussillo et al. 2016)::

        r, z = σ(W_r u + U_r h + b_r), σ(W_z u + U_z h + b_z)
        c    = tanh(W_c u + U_c (r × h) + b_c)
        h    ← z × h + (1 − z) × c

    The gates of kind `gru`, which are PyTorch's, act after the product: weights of one do not fit the other.
    """

    kind: Literal["gru_reset_first"]

    @property
    def bounds(self) -> tuple[float, float]:
        """An update mixes the old state with a hyperbolic tangent."""
        return (-1.0, 1.0)

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """No noise."""
        return (0,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from.

        Returns
        -------
        dict
            float32 ``weight_ih`` (3 unit, input) and ``weight_hh`` (3 unit, unit), normal with variance
            1/(units + inputs), so that what a unit receives has that of its sources; ``bias`` (3 unit,), 1
            for the update gate, so that states last at first, else 0. The three blocks are the reset gate,
            the update gate and the candidate.
        """
        sd = (self.units + n_inputs) ** -0.5
        return {
            "weight_ih": normal((3 * self.units, n_inputs), sd, rng),
            "weight_hh": normal((3 * self.units, self.units), sd, rng),
            "bias": np.repeat(np.array([0, 1, 0], np.float32), self.units),
        }

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give the next states; the noise is not used."""
        drive = affine(inputs, weights["weight_ih"], weights["bias"])
        return reset_first_step(drive, states, weights["weight_hh"])


def reset_first_step(drive: Array, states: Array, weight_hh: Array) -> Array:
    """Give the next states (trial, unit), given what the inputs contribute: drive (trial, 3 unit)."""
    into_gates, into_candidate = blocks(drive, 2, 1)
    n_gates = into_gates.shape[1]
    reset, update = blocks(logistic(affine(states, weight_hh[:n_gates], into_gates)), 1, 1)
    candidate = affine(reset * states, weight_hh[n_gates:], into_candidate)
    return mix(array_namespace(states).tanh(candidate), states, update)

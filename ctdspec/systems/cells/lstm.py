"""The long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, blocks, logistic, multiply_add
from ctdspec.systems.cells._weights import recurrent_weights
from ctdspec.systems.cells.cell import Cell


class LSTM(Cell):
    """Long short-term memory without noise (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    The form and the weights are those of ``torch.nn.LSTMCell``. The state is all that the next step depends
    on: the outputs h of the units, then the contents c of their memories. Readout and neurons see both.
    """

    kind: Literal["lstm"]

    @property
    def n_latents(self) -> int:
        """Two numbers per unit."""
        return 2 * self.units

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """No noise."""
        return (0,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from; see `recurrent_weights`.

        The four blocks are the input gate, the forget gate, the candidate and the output gate.
        """
        return recurrent_weights(4, n_inputs, self.units, rng)

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give the next (h, c); the noise is not used."""
        outputs, memories = blocks(states, 1, 1)
        if is_torch_array(states):
            return _torch_step(weights, outputs, memories, inputs)
        xp = array_namespace(states)
        drive = affine(inputs, weights["weight_ih"], weights["bias_ih"])
        drive = affine(outputs, weights["weight_hh"], weights["bias_hh"]) + drive
        write_and_keep, candidate, read = blocks(drive, 2, 1, 1)
        write, keep = blocks(logistic(write_and_keep), 1, 1)
        memories = multiply_add(keep * memories, write, xp.tanh(candidate))
        return xp.concat([logistic(read) * xp.tanh(memories), memories], axis=1)


def _torch_step(weights: Mapping[str, Array], outputs: Array, memories: Array, inputs: Array) -> Array:
    """Give what `LSTM.step` gives, by PyTorch's own operation, which trains faster."""
    from torch import concat, lstm_cell

    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return concat(lstm_cell(inputs, (outputs, memories), *(weights[name] for name in names)), 1)

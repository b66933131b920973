"""A network with its weights, as a dynamical system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.robustness import Rewirable
from ctdspec.systems.cells.cell import Cell

CELL = "cell."
"""What the names of the cell's own weights begin with."""


@final
class TrainedNetwork(Dynamics):
    """A recurrent cell that starts every trial from one learned state and is read out linearly.

    `weights` holds ``initial_state`` (latent,), ``readout.weight`` (output, latent), ``readout.bias``
    (output,) and the weights of the cell, their names after ``cell.``: NumPy arrays to simulate, PyTorch
    tensors to train.
    """

    def __init__(self, cell: Cell, weights: Mapping[str, Array]) -> None:
        self.cell = cell
        self.weights = weights
        self._cell_weights = {
            name.removeprefix(CELL): array for name, array in weights.items() if name.startswith(CELL)
        }

    @property
    def n_latents(self) -> int:
        """The dimension of the cell's state."""
        return self.cell.n_latents

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Those of the cell."""
        return self.cell.bounds

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """The noise of the cell."""
        return self.cell.noise_shape

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Give the learned state, once per trial."""
        return np.repeat(np.asarray(self.weights["initial_state"])[None], n_trials, axis=0)

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance the cell by one bin."""
        return self.cell.step(self._cell_weights, states, inputs, noise)

    def readout(self, states: Array) -> Array:
        """Give the outputs, linear in the rates of the cell."""
        return self.cell.rates(states) @ self.weights["readout.weight"].T + self.weights["readout.bias"]

    @property
    def rewirable(self) -> Rewirable | None:
        """The network, ready to have its recurrent weights replaced; None if the cell has no such matrix."""
        if self.cell.recurrent_weights is None:
            return None
        name = CELL + self.cell.recurrent_weights
        return Rewirable(
            np.asarray(self.weights[name]),
            lambda weights: TrainedNetwork(self.cell, {**self.weights, name: weights}),
        )

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the weights."""
        return {name: np.asarray(array) for name, array in self.weights.items()}


def network_weights(
    cell: Cell, n_inputs: int, n_outputs: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw the float32 weights that training starts from: the cell's own, and a small random readout.

    The initial state and the bias of the readout start at zero.
    """
    bound = cell.n_latents**-0.5
    return {
        **{CELL + name: array for name, array in cell.initial_weights(n_inputs, rng).items()},
        "initial_state": np.zeros(cell.n_latents, np.float32),
        "readout.weight": rng.uniform(-bound, bound, (n_outputs, cell.n_latents)).astype(np.float32),
        "readout.bias": np.zeros(n_outputs, np.float32),
    }

"""A network and the body that it moves, as one dynamical system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np
from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array, Dynamics, Measurement
from ctdspec.systems.bodies.body import Body
from ctdspec.systems.cells.cell import Cell
from ctdspec.systems.trained_network import CELL


@final
class EmbodiedNetwork(Dynamics):
    """A recurrent cell in a loop with a body: the state is that of the cell, then that of the body.

    In every bin the cell receives the signals of the body as it was, and its linear readout commands the
    body. `weights` are those of `TrainedNetwork`; the readout gives commands, and the outputs of the system
    are the body's.
    """

    def __init__(self, cell: Cell, body: Body, bin_s: float, weights: Mapping[str, Array]) -> None:
        self.cell = cell
        self.body = body
        self.bin_s = bin_s
        self.weights = weights
        self._cell_weights = {
            name.removeprefix(CELL): array for name, array in weights.items() if name.startswith(CELL)
        }

    @property
    def n_latents(self) -> int:
        """Those of the cell and those of the body."""
        return self.cell.n_latents + self.body.n_states

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """The noise of the cell, then that of the body."""
        return (self.cell.noise_shape[0] + self.body.n_noises,)

    @property
    def measurements(self) -> Mapping[str, Measurement]:
        """Those of the body."""
        return self.body.measurements

    def measure(self, states: Array) -> Mapping[str, Array]:
        """Give those of the body."""
        return self.body.measure(states[..., self.cell.n_latents :])

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Give the learned state of the cell, and bodies that are nowhere (NaN): `placed` puts them."""
        first = np.full((n_trials, self.n_latents), np.nan, self.weights["initial_state"].dtype)
        first[:, : self.cell.n_latents] = self.weights["initial_state"]
        return first

    def placed(self, states: Array, start: Array) -> Array:
        """Give the states with bodies at rest at `start` (trial, coordinate)."""
        body = self.body.at_rest(start)
        return array_namespace(body).concat([states[:, : self.cell.n_latents], body], axis=1)

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance the cell by what it receives, then the body by what the cell commands."""
        units, n_cell_noises = self.cell.n_latents, self.cell.noise_shape[0]
        cell, body = states[:, :units], states[:, units:]
        cell_noise = None if noise is None else noise[:, :n_cell_noises]
        body_noise = None if noise is None else noise[:, n_cell_noises:]
        received = self.body.signals(body, inputs, body_noise)
        cell = self.cell.step(self._cell_weights, cell, received, cell_noise)
        commands = self.cell.rates(cell) @ self.weights["readout.weight"].T + self.weights["readout.bias"]
        body = self.body.step(body, commands, inputs, body_noise, self.bin_s)
        return array_namespace(states).concat([cell, body], axis=1)

    def readout(self, states: Array) -> Array:
        """Give the outputs of the body."""
        return self.body.outputs(states[..., self.cell.n_latents :])

    def effort(self, states: Array) -> Array:
        """Give the effort of the body, (…, muscle)."""
        return self.body.effort(states[..., self.cell.n_latents :])

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the weights."""
        return {name: np.asarray(array) for name, array in self.weights.items()}

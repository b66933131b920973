"""What a recurrent cell is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.spec.component import Component


class Cell(Component):
    """One step of a recurrent network, as a pure function of its weights."""

    family: ClassVar[str] = "cell"

    units: int = Field(ge=1, le=4096)
    """Number of units."""

    @property
    def n_latents(self) -> int:
        """Dimension of the state: one number per unit, unless a cell has more."""
        return self.units

    @property
    def bounds(self) -> tuple[float, float] | None:
        """What no unit leaves in a noise-free step, whatever weights and inputs; None if not known."""
        return None

    @property
    def fixed_weights(self) -> frozenset[str]:
        """Names of the weights that training leaves as they were drawn; none, unless a cell has some."""
        return frozenset()

    @property
    def input_weights(self) -> str:
        """Name of the weights that the inputs enter by."""
        return "weight_ih"

    @property
    def recurrent_weights(self) -> str | None:
        """Name of the matrix (unit, unit) by which units drive each other; None if there is none."""
        return None

    @property
    @abstractmethod
    def noise_shape(self) -> tuple[int, ...]:
        """Shape of the noise that one step of one trial takes; ``(0,)`` for a cell without noise."""

    def rates(self, states: Array) -> Array:
        """Give what a readout sees of states (…, latent): the states, unless a cell passes on other rates."""
        return states

    @abstractmethod
    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the float32 weights that training starts from, by name."""

    @abstractmethod
    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give the next states (trial, latent) from states (trial, latent) and inputs (trial, input).

        Written with array API functions only: NumPy arrays simulate, PyTorch tensors differentiate.
        `noise` (trial, *noise_shape) holds standard normal draws, or is None for the noise-free map.
        """

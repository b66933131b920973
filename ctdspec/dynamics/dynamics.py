"""What every dynamical system can do, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
"""An array of any library that follows the array API: NumPy to simulate, PyTorch to differentiate."""


@dataclass(frozen=True)
class Measurement:
    """What an experimenter measures of a body in every bin.

    Attributes
    ----------
    description
        What it is.
    unit
        Its unit: ``m``, ``rad/s``, ``1`` for none.
    columns
        What its components are called.
    """

    description: str
    unit: str
    columns: tuple[str, ...]


class Dynamics(ABC):
    """A system in discrete time: one step is one time bin.

    The step is a pure function of its arguments, so that simulation, training, fixed points and forecasts
    all use the same one. A system whose body is part of its state (an arm, a delay line) carries it in
    `states`.
    """

    @property
    @abstractmethod
    def n_latents(self) -> int:
        """Dimension of the state."""

    @property
    @abstractmethod
    def noise_shape(self) -> tuple[int, ...]:
        """Shape of the standard normal noise that one step of one trial takes; ``(0,)`` for none."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """What no latent leaves in a noise-free step that starts in it; None if nothing is known."""
        return None

    @abstractmethod
    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the states before the first bin, (trial, latent), in the precision the system runs in."""

    def placed(self, states: Array, start: Array) -> Array:
        """Give the states (trial, latent) with bodies at rest where trials start, (trial, coordinate).

        A system without a body stays as it is.
        """
        return states

    @property
    def is_discrete(self) -> bool:
        """Whether latents say which of some discrete states is on: 1 for that one, and 0 for the others."""
        return False

    @property
    def measurements(self) -> Mapping[str, Measurement]:
        """What an experimenter measures of the body, by name; empty for a system without one."""
        return {}

    def measure(self, states: Array) -> Mapping[str, Array]:
        """Give the `measurements`, each (…, column), of states (…, latent)."""
        return {}

    @abstractmethod
    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance by one bin.

        Parameters
        ----------
        states : (trial, latent)
        inputs : (trial, input)
        noise : (trial, *noise_shape), optional
            Standard normal draws; without them the step is the noise-free map.
        """

    @abstractmethod
    def readout(self, states: Array) -> Array:
        """Give the outputs (…, output) of states (…, latent)."""

    @abstractmethod
    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the arrays that define the system, for the record of the truth."""

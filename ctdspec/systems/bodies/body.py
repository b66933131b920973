"""What a body is: what a network moves, and what it feels of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from ctdspec.dynamics.dynamics import Array, Measurement
from ctdspec.spec.component import Component
from ctdspec.tasks.task import Task


class Body(Component):
    """A body between a network and its task: commands move it, and its signals come back to the network.

    Its state holds all that the next step depends on, signals that are still on their way included. All
    functions are written with the array API: NumPy simulates, PyTorch differentiates.
    """

    family: ClassVar[str] = "body"

    @property
    @abstractmethod
    def n_states(self) -> int:
        """Dimension of the state."""

    @property
    @abstractmethod
    def n_signals(self) -> int:
        """How many numbers the network receives in a bin: signals of the body, and cues of the task."""

    @property
    @abstractmethod
    def n_commands(self) -> int:
        """How many numbers the network gives in a bin."""

    @property
    @abstractmethod
    def n_noises(self) -> int:
        """How many standard normal draws one step of one trial takes."""

    @property
    @abstractmethod
    def measurements(self) -> Mapping[str, Measurement]:
        """What an experimenter measures of the body, by name."""

    @abstractmethod
    def ensure_serves(self, task: Task) -> None:
        """Raise ValueError, saying why, if the body cannot do this task."""

    @abstractmethod
    def at_rest(self, start: Array) -> Array:
        """Give the states (trial, state) of bodies at rest where trials start (trial, coordinate)."""

    @abstractmethod
    def signals(self, states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give what the network receives (trial, signal).

        Parameters
        ----------
        states : (trial, state)
        inputs : (trial, input)
            The inputs of the task.
        noise : (trial, noise), optional
        """

    @abstractmethod
    def step(self, states: Array, commands: Array, inputs: Array, noise: Array | None, bin_s: float) -> Array:
        """Advance by one bin under the network's commands (trial, command); the rest as for `signals`."""

    @abstractmethod
    def outputs(self, states: Array) -> Array:
        """Give what the task judges, (…, output), of states (…, state)."""

    @abstractmethod
    def measure(self, states: Array) -> Mapping[str, Array]:
        """Give the `measurements`, each (…, column), of states (…, state)."""

    @abstractmethod
    def effort(self, states: Array) -> Array:
        """Give what a thrifty network keeps small, (…, muscle), of states (…, state)."""

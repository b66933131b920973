"""What a ground-truth system is."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.spec.component import Component
from ctdspec.spec.node import Name
from ctdspec.tasks.task import Task


class System(Component):
    """Where the true dynamics come from: an equation, a constructed network, or one trained on the task."""

    family: ClassVar[str] = "system"

    name: Name | None = None
    """What it is called where systems are told apart, as in a sweep over `system`; may be left out."""

    @property
    @abstractmethod
    def n_latents(self) -> int:
        """Dimension of the state."""

    @property
    def is_rewirable(self) -> bool:
        """Whether it is trained and has a matrix of recurrent weights that could be replaced."""
        return False

    @property
    def linear_units(self) -> int | None:
        """Units of a linear rate network, of which infinite data are known; None for any other system."""
        return None

    @property
    def discrete_states(self) -> int | None:
        """Number of its discrete states, of which each has a latent; None if it has none."""
        return None

    @abstractmethod
    def ensure_serves(self, task: Task) -> None:
        """Raise ValueError, saying why, if the system cannot be put to work on this task."""

    @abstractmethod
    def dynamics(self, task: Task, weights: Path | None) -> Dynamics:
        """Give the system at work on a task.

        Parameters
        ----------
        task
            The task whose inputs drive it and whose bins it steps through.
        weights
            The safetensors file with its trained weights; None for a system that has none.

        Raises
        ------
        DatasetError
            If the weights do not fit the system that the spec declares.
        """

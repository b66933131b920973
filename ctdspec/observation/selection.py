"""What a selection is: which neurons of a circuit the electrodes see."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


@dataclass(frozen=True)
class Candidates:
    """The neurons that could be seen, in the order of the circuit.

    Attributes
    ----------
    mean_hz : (neuron,)
        Mean rate over the train trials.
    loadings : (neuron, latent)
        How strongly each neuron follows each latent, in standard deviations of the latent.
    population : (neuron,) int
        Number of the population of each neuron.
    names
        Names of the populations.
    """

    mean_hz: np.ndarray
    loadings: np.ndarray
    population: np.ndarray
    names: Sequence[str]


class Selection(Component):
    """Which neurons of a circuit are seen."""

    family: ClassVar[str] = "selection"

    @abstractmethod
    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Raise ValueError, saying why, if so many neurons cannot be chosen.

        Parameters
        ----------
        n_observed
            How many are to be seen; there are at least as many.
        populations
            Size of each population, by name.
        n_latents
            Latents of the system.
        """

    @abstractmethod
    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Give the numbers (neuron,) of those that are seen, ascending."""

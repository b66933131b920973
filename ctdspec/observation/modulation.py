"""What a modulation is: a change of rates that the latents do not explain."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


class Modulation(Component):
    """A factor on the rate of every neuron in every trial, slow or shared, of mean 1."""

    family: ClassVar[str] = "modulation"

    @abstractmethod
    def factors(self, n_trials: int, population: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the factors (trial, neuron) float32, all positive, each of expectation 1.

        Parameters
        ----------
        n_trials
            Trials of the session, in the order in which they were recorded.
        population : (neuron,) int
            Number of the population that each neuron belongs to.
        rng
            The stream of this modulation.
        """

"""What a noise model is: the law by which rates make spikes."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


class Noise(Component):
    """The law of spike counts, given the rates."""

    family: ClassVar[str] = "noise"

    @abstractmethod
    def sample(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw spike counts, uint16, from expected counts per bin (trial, time, neuron)."""

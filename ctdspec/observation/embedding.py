"""What an embedding is: how neurons mix the latents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


class Embedding(Component):
    """How the latents drive the neurons, before rates and noise."""

    family: ClassVar[str] = "embedding"

    @abstractmethod
    def draw(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights of `n_neurons` neurons, by name, for the record of the truth."""

    @abstractmethod
    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Give the drive (…, neuron) float32 of latents (…, latent)."""

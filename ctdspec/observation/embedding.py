"""What an embedding is: how neurons mix the latents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


@dataclass(frozen=True)
class LatentMoments:
    """Mean and standard deviation (latent,) of the latents over the valid bins of the train trials."""

    mean: np.ndarray
    sd: np.ndarray


class Embedding(Component):
    """How the latents drive the neurons, before rates and noise."""

    family: ClassVar[str] = "embedding"
    axes: ClassVar[Mapping[str, tuple[str, ...]]]
    """The weights, by name, with their axes. An array whose first axis is `neuron` has a row for each."""
    mixes: ClassVar[bool]
    """Whether a neuron's row may change a little; False where it says which one latent the neuron is."""

    @abstractmethod
    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Raise ValueError, saying why, if so many neurons cannot be driven by so many latents."""

    @abstractmethod
    def draw(self, latents: LatentMoments, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw float32 weights, by name as in `axes`, for neurons that read such latents."""

    @abstractmethod
    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Give the drive (…, neuron) float32 of latents (…, latent)."""

    @abstractmethod
    def loadings(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Give how strongly each neuron follows each latent around the mean: slopes (neuron, latent)."""


class LinearEmbedding(Embedding):
    """An embedding that is a matrix."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"embedding": ("neuron", "latent")}
    mixes: ClassVar[bool] = True

    @abstractmethod
    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the matrix (neuron, latent)."""

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Accept any numbers."""

    def draw(self, latents: LatentMoments, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Give the matrix `embedding` (neuron, latent) float32."""
        return {"embedding": self.matrix(len(latents.mean), n_neurons, rng).astype(np.float32)}

    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Mix the latents."""
        return latents @ weights["embedding"].T

    def loadings(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Give the matrix."""
        return weights["embedding"]


class SingleLatentEmbedding(LinearEmbedding):
    """An embedding that gives each neuron one latent: a 0/1 matrix, of which only the ones are read."""

    mixes: ClassVar[bool] = False

    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Give each neuron its latent."""
        return latents[..., weights["embedding"].argmax(axis=1)]

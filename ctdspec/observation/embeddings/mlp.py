"""Nonlinear mixtures of the latents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.embedding import Embedding, LatentMoments


class Mlp(Embedding):
    """Each neuron reads a fixed random network of the latents: one hidden layer of tanh units.

    The latents are standardised over the train trials; ``drive = readout · tanh(hidden · latents + bias)``
    with Gaussian weights. No linear map of the drives gives the latents back.
    """

    kind: Literal["mlp"]
    hidden_units: int = Field(ge=1, le=4096)
    """Units of the hidden layer."""
    gain: float = Field(gt=0, le=20)
    """Standard deviation of a hidden unit's input: well below 1 the network is almost linear, well above it
    the units switch between two states."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "embedding": ("neuron", "hidden"),
        "embedding_hidden": ("hidden", "latent"),
        "embedding_bias": ("hidden",),
    }
    mixes: ClassVar[bool] = True

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Accept any numbers."""

    def draw(self, latents: LatentMoments, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Give `embedding`, the readout, and the hidden layer with the standardisation in it."""
        n_latents = len(latents.mean)
        sd = np.where(latents.sd > 1e-6 * (1 + np.abs(latents.mean)), latents.sd, 1.0)
        # half of the variance of a unit's input comes from the latents, half from its bias
        scale = self.gain / np.sqrt(2)
        hidden = scale * rng.standard_normal((self.hidden_units, n_latents)) / np.sqrt(n_latents) / sd
        bias = scale * rng.standard_normal(self.hidden_units) - hidden @ latents.mean
        readout = rng.standard_normal((n_neurons, self.hidden_units)) / np.sqrt(self.hidden_units)
        weights = {"embedding": readout, "embedding_hidden": hidden, "embedding_bias": bias}
        return {name: array.astype(np.float32) for name, array in weights.items()}

    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Run the network."""
        inputs = latents @ weights["embedding_hidden"].T + weights["embedding_bias"]
        return np.tanh(inputs) @ weights["embedding"].T

    def loadings(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Give the slopes where every hidden unit is in its middle."""
        return weights["embedding"] @ weights["embedding_hidden"]

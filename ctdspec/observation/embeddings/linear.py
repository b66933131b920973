"""Random mixtures of the latents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ctdspec.observation.embedding import Embedding


class Linear(Embedding):
    """Each neuron reads a random mixture of the latents: Gaussian weights, of unit norm on average."""

    kind: Literal["linear"]

    def draw(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Give the matrix `embedding` (neuron, latent) float32."""
        weights = rng.standard_normal((n_neurons, n_latents)) / np.sqrt(n_latents)
        return {"embedding": weights.astype(np.float32)}

    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Mix the latents."""
        return latents @ weights["embedding"].T

"""Random mixtures of the latents."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.embedding import LinearEmbedding


class Linear(LinearEmbedding):
    """Each neuron reads a random mixture of the latents: Gaussian weights, of unit norm on average."""

    kind: Literal["linear"]

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw independent weights of variance 1 / latents."""
        return rng.standard_normal((n_neurons, n_latents)) / np.sqrt(n_latents)

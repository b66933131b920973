"""One latent per neuron."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ctdspec.observation.embedding import Embedding


class Permutation(Embedding):
    """Each neuron reads one latent: a random permutation of them, repeated until all neurons have one."""

    kind: Literal["permutation"]

    def draw(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Give the 0/1 matrix `embedding` (neuron, latent) float32."""
        rounds = -(-n_neurons // n_latents)
        chosen = np.concatenate([rng.permutation(n_latents) for _ in range(rounds)])[:n_neurons]
        return {"embedding": np.eye(n_latents, dtype=np.float32)[chosen]}

    def apply(self, weights: Mapping[str, np.ndarray], latents: np.ndarray) -> np.ndarray:
        """Give each neuron its latent."""
        return latents[..., weights["embedding"].argmax(axis=1)]

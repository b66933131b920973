"""One latent per neuron, in random order."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.embedding import SingleLatentEmbedding


class Permutation(SingleLatentEmbedding):
    """Each neuron reads one latent: a random permutation of them, repeated until all neurons have one."""

    kind: Literal["permutation"]

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Give the 0/1 matrix."""
        rounds = -(-n_neurons // n_latents)
        chosen = np.concatenate([rng.permutation(n_latents) for _ in range(rounds)])[:n_neurons]
        return np.eye(n_latents)[chosen]

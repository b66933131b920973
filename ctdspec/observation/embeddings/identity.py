"""Neurons that are the latents."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.embedding import SingleLatentEmbedding


class Identity(SingleLatentEmbedding):
    """Neuron i is latent i: the units of a network seen as they are, and in their order."""

    kind: Literal["identity"]

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Refuse another number of neurons than latents."""
        if n_neurons != n_latents:
            raise ValueError(
                f"the identity embedding needs one neuron per latent: the system has {n_latents} latents, but"
                f" {n_neurons} neurons are declared; set neurons.circuit to {n_latents} and select from it"
            )

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Give the identity."""
        return np.eye(n_latents)

"""Neurons that read few latents."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.embedding import LinearEmbedding


class Sparse(LinearEmbedding):
    """Each neuron mixes a few latents, drawn at random, with Gaussian weights of unit norm on average."""

    kind: Literal["sparse"]
    density: float = Field(gt=0, le=1)
    """Share of the latents that a neuron reads; at least one."""

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw a mask with the same number of latents in every row, and weights under it."""
        n_read = max(1, round(self.density * n_latents))
        ranks = rng.random((n_neurons, n_latents)).argsort(axis=1)
        weights = rng.standard_normal((n_neurons, n_latents)) / np.sqrt(n_read)
        return np.where(ranks < n_read, weights, 0.0)

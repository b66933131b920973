"""Mixtures of a given dimension."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.embedding import LinearEmbedding
from ctdspec.observation.embeddings.orthonormal import ensure_enough, orthonormal_columns


class LowDimensional(LinearEmbedding):
    """Neurons see some directions of the latent space far better than others.

    The singular values of the matrix fall geometrically, so that its participation ratio,
    ``(Σσ²)² / Σσ⁴``, is the one declared: the effective number of directions that white latents would fill.
    A neuron's weights have unit norm on average.
    """

    kind: Literal["low_dimensional"]
    participation_ratio: float = Field(ge=1, le=4096)
    """Effective number of latent directions that the neurons see; at most the number of latents."""

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Refuse fewer neurons than latents, and more directions than there are latents."""
        ensure_enough("low_dimensional", n_latents, n_neurons)
        if self.participation_ratio > n_latents:
            raise ValueError(
                f"participation_ratio is {self.participation_ratio:g}, but the system has {n_latents}"
                f" latents; it is at most {n_latents}"
            )

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the singular vectors uniformly."""
        squares = falling_squares(n_latents, self.participation_ratio) * n_neurons
        neurons = orthonormal_columns(n_neurons, n_latents, rng)
        return (neurons * np.sqrt(squares)) @ orthonormal_columns(n_latents, n_latents, rng).T


def falling_squares(n: int, participation_ratio: float) -> np.ndarray:
    """Give n squared singular values that fall geometrically, add up to 1, and have that ratio."""
    low, high = 0.0, 1.0  # the ratio grows with the factor from one square to the next: 1 at 0, n at 1
    for _ in range(60):
        factor = (low + high) / 2
        squares = factor ** np.arange(n)
        if squares.sum() ** 2 < participation_ratio * (squares**2).sum():
            low = factor
        else:
            high = factor
    squares = high ** np.arange(n)
    return squares / squares.sum()

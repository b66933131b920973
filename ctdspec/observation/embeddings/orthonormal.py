"""Mixtures that keep the geometry of the latents."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.embedding import LinearEmbedding


class Orthonormal(LinearEmbedding):
    """Neurons see the latents rotated: distances between states are distances between drives.

    The columns of the matrix are orthonormal, times the root of neurons / latents, so that a neuron's
    weights have unit norm on average, as with `linear`.
    """

    kind: Literal["orthonormal"]

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Refuse fewer neurons than latents."""
        ensure_enough("orthonormal", n_latents, n_neurons)

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw orthonormal columns, all subspaces being equally likely."""
        return np.sqrt(n_neurons / n_latents) * orthonormal_columns(n_neurons, n_latents, rng)


def ensure_enough(kind: str, n_latents: int, n_neurons: int) -> None:
    """Raise ValueError if there are fewer neurons than latents."""
    if n_neurons < n_latents:
        raise ValueError(
            f"the {kind} embedding needs at least as many neurons as latents: the system has {n_latents}"
            f" latents, but {n_neurons} neurons are declared; declare more neurons, or take kind: linear"
        )


def orthonormal_columns(n_rows: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a matrix with orthonormal columns from the uniform (Haar) law (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((n_rows, n_columns)))
    return q * np.sign(np.diag(r))

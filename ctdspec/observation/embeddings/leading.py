"""Neurons that read a part of the state."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from ctdspec.observation.embedding import Embedding, LinearEmbedding
from ctdspec.spec.component import OneOf


class Leading(LinearEmbedding):
    """Neurons read the first latents only: the units of a network, not the body that it moves."""

    kind: Literal["leading"]
    latents: int = Field(ge=1, le=100_000)
    """How many of the latents neurons read."""
    embedding: Annotated[Embedding, OneOf("embedding")]
    """How they mix these: an embedding that is a mixing matrix."""

    @field_validator("embedding")
    @classmethod
    def _ensure_matrix(cls, embedding: Embedding) -> Embedding:
        if not isinstance(embedding, LinearEmbedding) or not embedding.mixes:
            raise ValueError(f"{embedding.kind} is no mixing matrix; take linear, orthonormal or sparse")
        return embedding

    def ensure_embeds(self, n_latents: int, n_neurons: int) -> None:
        """Refuse a state that is too small, and what the inner embedding refuses."""
        if self.latents > n_latents:
            raise ValueError(f"embedding.latents ({self.latents}) must not exceed the {n_latents} latents")
        self.embedding.ensure_embeds(self.latents, n_neurons)

    def matrix(self, n_latents: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the inner matrix, and give the other latents the weight 0."""
        assert isinstance(self.embedding, LinearEmbedding), "the validator lets no other pass"
        inner = self.embedding.matrix(self.latents, n_neurons, rng)
        return np.pad(inner, ((0, 0), (0, n_latents - self.latents)))

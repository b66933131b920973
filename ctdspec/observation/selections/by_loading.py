"""Neurons that are tied to chosen latents."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.selection import Candidates, Selection


class ByLoading(Selection):
    """Neurons that are tied to some latents rather than to others: an area that does part of a computation.

    Neurons are ranked by the share of chosen latents in their drive's variance, as it would be if the latents
    were uncorrelated.
    """

    kind: Literal["by_loading"]
    latents: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    """Numbers of the latents, from 0."""

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Refuse latents that the system does not have."""
        if max(self.latents) >= n_latents:
            raise ValueError(
                f"selection: latent {max(self.latents)} is asked for, but the system has {n_latents} latents;"
                f" numbers go from 0 to {n_latents - 1}"
            )

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Rank the shares; equal ones come in random order."""
        power = candidates.loadings.astype(np.float64) ** 2
        chosen = power[:, sorted(set(self.latents))].sum(axis=1)
        share = chosen / np.maximum(power.sum(axis=1), np.finfo(np.float64).tiny)
        return np.sort(np.lexsort((rng.random(len(share)), -share))[:n_observed])

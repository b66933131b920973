"""Connectivity of low rank that amplifies and has no slow mode."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights


class LowRankNull(Connectivity):
    """B = M Nᵀ with MᵀN = 0 and MᵀM = NᵀN = γ² 1: all eigenvalues are 0 (Qian et al. 2024, figure 4).

    The `rank` singular values are all γ² = scale · units / √rank.
    """

    kind: Literal["lowrank_null"]
    rank: int = Field(ge=1)
    """Rank of B."""
    scale: float = Field(gt=0, le=1000)
    """How strong the weights are; 0.2 in the paper."""

    def ensure_connects(self, units: int) -> None:
        """Refuse fewer units than M and N need to be orthogonal."""
        if units < 2 * self.rank:
            raise ValueError(
                f"connectivity lowrank_null of rank {self.rank} needs {2 * self.rank} units or more, "
                f"found {units}"
            )

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        basis, _ = np.linalg.qr(rng.standard_normal((units, 2 * self.rank)))
        gain = self.scale * units / self.rank**0.5
        matrix = gain * basis[:, : self.rank] @ basis[:, self.rank :].T
        return Weights(matrix, np.zeros(units, complex))

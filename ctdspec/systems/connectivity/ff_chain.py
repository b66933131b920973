"""A feedforward chain."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights


class FeedforwardChain(Connectivity):
    """Every unit feeds the one before it: B_i,i+1 = 1, and all eigenvalues are 0 (Qian et al. 2024)."""

    kind: Literal["ff_chain"]
    least_units: ClassVar[int] = 2

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B; nothing is drawn."""
        return Weights(np.eye(units, k=1), np.zeros(units, complex))

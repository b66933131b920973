"""Connectivity of rank two that turns and amplifies."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights, by_real_part


class LowRankOscillation(Connectivity):
    """B = M Q M† of rank 2, with eigenvalues `decay` ± i `turn` and 0 (Qian et al. 2024, figure 5).

    M ~ N(0, 1), Q = [[decay, −turn], [turn, decay]] and M† = M⁺ + V (1 − M M⁺), V ~ N(0, mismatch²/units):
    a left inverse that reads more of the state than M writes.
    """

    kind: Literal["lowrank_osc"]
    least_units: ClassVar[int] = 3
    decay: float
    """Real part of the eigenvalues; 0.5 in the paper."""
    turn: float = Field(gt=0, le=1000)
    """Imaginary part of the eigenvalues; 0.5 in the paper."""
    mismatch: float = Field(ge=0, le=1000)
    """How far M† is from the pseudo-inverse; 12 in the paper, 0 for none."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        m = rng.standard_normal((units, 2))
        v = self.mismatch / units**0.5 * rng.standard_normal((2, units))
        pseudo_inverse = np.linalg.pinv(m)
        left_inverse = pseudo_inverse + v - v @ m @ pseudo_inverse
        matrix = m @ np.array([[self.decay, -self.turn], [self.turn, self.decay]]) @ left_inverse
        pair = self.decay + self.turn * np.array([1j, -1j])
        return Weights(matrix, by_real_part(np.concatenate([pair, np.zeros(units - 2)])))

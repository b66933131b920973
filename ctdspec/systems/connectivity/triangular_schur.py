"""What a random matrix does beside its eigenvalues."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights


class TriangularSchur(Connectivity):
    """The non-normal part of a Gaussian matrix: B = Re(Z T Zᴴ), T its complex Schur form without diagonal.

    Taking the real part moves the eigenvalues away from 0 a little (Qian et al. 2024, appendix F.2).
    """

    kind: Literal["triangular_schur"]
    gain: float = Field(gt=0, le=1000)
    """Standard deviation of the entries of the Gaussian matrix, times √units; 2.8 in the paper."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        from scipy.linalg import schur

        gaussian = self.gain / units**0.5 * rng.standard_normal((units, units))
        triangle, basis = schur(gaussian, "complex")[:2]
        np.fill_diagonal(triangle, 0)
        return Weights((basis @ triangle @ basis.conj().T).real, None)

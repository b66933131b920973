"""A line attractor in general position."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Integrator, Weights, by_real_part


class LineAttractor(Connectivity):
    """One slow mode among fast ones: B = Q diag(top, rest, …, rest) Q⁻¹, Q Gaussian with unit columns.

    It is not normal: the modes are not orthogonal (Qian et al. 2024, figure 1a). Its input enters along the
    slow mode, so that the output is the integral of the input per unit of the network's time.
    """

    kind: Literal["line_attractor"]
    integrates: ClassVar[bool] = True
    top: float
    """The eigenvalue of the slow mode, whose time constant is 1 / (1 − top)."""
    rest: float = Field(lt=1)
    """All other eigenvalues."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B and the integrator along its slow mode."""
        modes = rng.standard_normal((units, units))
        modes /= np.linalg.norm(modes, axis=0)
        slow, first = modes[:, 0], np.eye(units)[0]
        projection = np.outer(slow, np.linalg.solve(modes.T, first))
        matrix = self.rest * np.eye(units) + (self.top - self.rest) * projection
        eigenvalues = by_real_part(np.where(first == 1, self.top, self.rest))
        return Weights(matrix, eigenvalues, Integrator(units * slow, slow / units))

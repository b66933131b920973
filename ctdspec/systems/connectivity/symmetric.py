"""Symmetric connectivity, with or without a line attractor."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights, by_real_part


class Symmetric(Connectivity):
    """B = (Q + Qᵀ) / 2 with Q_ij ~ N(0, sd²/units): eigenvalues fill ±√2 sd (Qian et al. 2024, figure 2).

    With a line attractor the eigenvectors stay, and the eigenvalues are `line_attractor` and an even grid
    from `bulk` down to −`bulk`.
    """

    kind: Literal["symmetric"]
    least_units: ClassVar[int] = 2
    sd: float = Field(gt=0, le=1000)
    """Standard deviation of the entries of Q, times √units."""
    line_attractor: float | None = Field(default=None, ge=-1000, le=1000)
    """The eigenvalue of the slow mode; left out for none."""
    bulk: float | None = Field(default=None, ge=0, le=1000)
    """The largest of the other eigenvalues beside a line attractor; left out without one."""

    @model_validator(mode="after")
    def _ensure_bulk_belongs_to_a_line(self) -> Symmetric:
        if (self.line_attractor is None) != (self.bulk is None):
            raise ValueError("line_attractor and bulk go together: give both or leave both out")
        return self

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        q = self.sd / units**0.5 * rng.standard_normal((units, units))
        matrix = (q + q.T) / 2
        eigenvalues, modes = np.linalg.eigh(matrix)
        if self.line_attractor is not None and self.bulk is not None:
            eigenvalues = np.linspace(-self.bulk, self.bulk, units)
            eigenvalues[-1] = self.line_attractor
            matrix = (modes * eigenvalues) @ modes.T
        return Weights(matrix, by_real_part(eigenvalues))

"""Independent Gaussian weights."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights


class Gaussian(Connectivity):
    """B_ij ~ N(0, gain²/units), whose eigenvalues fill the disc of radius `gain` (Girko 1984).

    With tanh units and no noise a large network is quiescent below gain 1 and chaotic above it
    (Sompolinsky et al. 1988).
    """

    kind: Literal["gaussian"]
    gain: float = Field(gt=0, le=1000)
    """g, the standard deviation of the weights times √units."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        return Weights(self.gain / units**0.5 * rng.standard_normal((units, units)), None)

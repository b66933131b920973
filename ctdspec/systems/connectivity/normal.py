"""Normal connectivity."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Weights, by_real_part, haar


class Normal(Connectivity):
    """Orthogonal modes that decay or turn: eigenvalues uniform on a disc, in pairs, rotated at random.

    BBᵀ = BᵀB, so nothing is amplified. An odd unit has a real eigenvalue, uniform on the diameter.
    """

    kind: Literal["normal"]
    radius: float = Field(gt=0, le=1000)
    """The radius of the disc."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B."""
        pairs, odd = divmod(units, 2)
        upper = self.radius * np.sqrt(rng.random(pairs)) * np.exp(1j * np.pi * rng.random(pairs))
        alone = self.radius * (2 * rng.random(odd) - 1)
        blocks = np.zeros((units, units))
        first = 2 * np.arange(pairs)
        blocks[first, first] = blocks[first + 1, first + 1] = upper.real
        blocks[first, first + 1], blocks[first + 1, first] = upper.imag, -upper.imag
        blocks[2 * pairs :, 2 * pairs :] = np.diag(alone)
        modes = haar(units, rng)
        eigenvalues = np.concatenate([upper, upper.conj(), alone])
        return Weights(modes @ blocks @ modes.T, by_real_part(eigenvalues))

"""An integrator that only feeds forward."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.systems.connectivity.connectivity import Connectivity, Integrator, Weights, haar


class FeedforwardIntegrator(Connectivity):
    """A chain of modes that integrates without a slow one (Goldman 2009; Qian et al. 2024, figure 1b).

    B = O T Oᵀ, with T_i,i+1 = 1 and weights `skip` from every mode to the sink, the first: T is nilpotent,
    and all eigenvalues are 0. The input enters all modes alike.
    """

    kind: Literal["ff_integrator"]
    integrates: ClassVar[bool] = True
    least_units: ClassVar[int] = 3
    skip: float
    """The weight from every mode to the sink."""
    skip_first_entry: bool
    """Whether the mode next to the sink has a `skip` beside its chain weight, as in the paper; in the code
    of its authors it has not."""
    basis: Literal["haar", "units"]
    """`haar`: modes are rotated at random. `units`: modes are units."""
    output_gain: float = Field(gt=0, le=1000)
    """What the mean over the modes is multiplied with in the output; 0.7 in the paper."""

    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct B and the integrator over all modes."""
        chain = np.eye(units, k=1)
        chain[0, 1 if self.skip_first_entry else 2 :] += self.skip
        modes = haar(units, rng) if self.basis == "haar" else np.eye(units)
        summed = modes.sum(axis=1)
        integrator = Integrator(summed, self.output_gain * summed / units)
        return Weights(modes @ chain @ modes.T, np.zeros(units, complex), integrator)

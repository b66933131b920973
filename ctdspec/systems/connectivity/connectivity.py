"""What a connectivity is: how the weights of a rate network are constructed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctdspec.spec.component import Component


@dataclass(frozen=True)
class Integrator:
    """How a network that sums up a scalar input takes it, and gives the sum.

    Attributes
    ----------
    input_weights : (unit,)
        What the input adds to the derivative of each unit.
    output_weights : (unit,)
        Of the states; the output is their sum.
    """

    input_weights: np.ndarray
    output_weights: np.ndarray


@dataclass(frozen=True)
class Weights:
    """Recurrent weights, and what their construction says about them.

    Attributes
    ----------
    matrix : (unit, unit) float64
        From column to row.
    eigenvalues : (unit,) complex128, optional
        As constructed, largest real part first; None where the construction does not give them. Those of a
        defective matrix must not be computed: rounding moves eigenvalues that are all 0 by ε^(1/unit).
    integrator : Integrator, optional
        For a network that was made to integrate.
    """

    matrix: np.ndarray
    eigenvalues: np.ndarray | None
    integrator: Integrator | None = None


class Connectivity(Component):
    """How the recurrent weights of a rate network are constructed; a kind has hashable fields only."""

    family: ClassVar[str] = "connectivity"
    least_units: ClassVar[int] = 1
    """The smallest network that can be so connected."""
    integrates: ClassVar[bool] = False
    """Whether its weights come with an `Integrator`."""

    @abstractmethod
    def weights(self, units: int, rng: np.random.Generator) -> Weights:
        """Construct the weights of so many units."""

    def ensure_connects(self, units: int) -> None:
        """Raise ValueError, saying why, if so many units cannot be so connected."""
        if units < self.least_units:
            raise ValueError(
                f"connectivity {self.kind} needs {self.least_units} units or more, found {units}"
            )


def haar(units: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a rotation or reflection (unit, unit) uniformly from all of them (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((units, units)))
    return q * np.sign(np.diagonal(r))


def by_real_part(eigenvalues: np.ndarray) -> np.ndarray:
    """Give eigenvalues (unit,) as complex128, largest real part first."""
    return eigenvalues[np.argsort(-np.real(eigenvalues), kind="stable")].astype(complex)

"""Whether a set of fixed points can be all there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.errors import UsageError

_LEAST_GAP = 1e-6


@dataclass(frozen=True)
class TrappingBox:
    """A box of states that the noise-free step maps into itself, whatever the input.

    It is a statement about a system, made by who knows its equations: a GRU mixes its old state with a
    hyperbolic tangent, so that no state leaves [-1, 1] in any unit.

    Attributes
    ----------
    low, high : (latent,) float64
    """

    low: np.ndarray
    high: np.ndarray

    def holds(self, states: np.ndarray) -> np.ndarray:
        """Say which of states (…, latent) are in the box, (…,) bool."""
        return np.all((states >= self.low) & (states <= self.high), axis=-1)


@dataclass(frozen=True)
class Certificate:
    """What the index theorem says about a set of fixed points.

    ``complete`` means that the theorem has no objection, which is necessary but not sufficient: points that
    are missing in pairs of opposite sign (both ends of a saddle-node bifurcation) are not missed by it.
    ``incomplete`` is proof that points are missing, or that one is none.

    Attributes
    ----------
    verdict
        ``not applicable`` if the map is not known to be bounded, or a point is degenerate.
    index_sum
        Sum over the points of the sign of det(I - J).
    reason
        One line for a report.
    """

    verdict: Literal["complete", "incomplete", "not applicable"]
    index_sum: int
    reason: str


def certify(jacobians: np.ndarray, bounded: bool) -> Certificate:
    """Check fixed points against the theorems of Brouwer and Lefschetz.

    The signs of det(I - J) at all fixed points of a continuous map of a ball into itself sum to +1, if no J
    has an eigenvalue of one. Eigenvalues nearer to one than 1e-6 count as such: there the sign is not to be
    trusted, and the points may belong to a continuum.

    Parameters
    ----------
    jacobians : (point, latent, latent)
        Derivatives of the step at the fixed points.
    bounded
        Whether the step is known to map a ball (a `TrappingBox`) that holds all these points into itself.
    """
    eigenvalues = np.linalg.eigvals(jacobians)
    signs = np.linalg.slogdet(np.eye(jacobians.shape[-1]) - jacobians).sign
    index_sum = round(float(np.sum(signs)))
    gap = float(np.abs(1 - eigenvalues).min(initial=np.inf))
    if not bounded:
        return Certificate("not applicable", index_sum, "the map is not known to be bounded")
    if gap < _LEAST_GAP:
        return Certificate("not applicable", index_sum, f"an eigenvalue is within {gap:.1e} of one")
    if index_sum == 1:
        return Certificate("complete", index_sum, "the signs of det(I - J) sum to +1, as they must")
    return Certificate("incomplete", index_sum, f"the signs of det(I - J) sum to {index_sum:+d}, not to +1")


def ensure_trapping(
    dynamics: Dynamics, inputs: np.ndarray, box: TrappingBox, n_states: int, rng: np.random.Generator
) -> None:
    """Refuse a box that the step visibly leaves, from random states in it and from random corners.

    Parameters
    ----------
    inputs : (input,)

    Raises
    ------
    UsageError
        If a state leaves the box. That none does is no proof that none can.
    """
    shares = rng.random((n_states, len(box.low)))
    shares[::2] = np.round(shares[::2])
    states = box.low + shares * (box.high - box.low)
    moved = dynamics.step(states, np.broadcast_to(inputs, (n_states, len(inputs))))
    # A state on a wall of the box may leave it by a rounding error.
    slack = 1e-9 * (box.high - box.low)
    stayed = TrappingBox(box.low - slack, box.high + slack).holds(moved)
    if not stayed.all():
        raise UsageError(
            f"the trapping box is none: {np.sum(~stayed)} of {n_states} states in it leave it in one step; "
            "give a box that the step maps into itself, or None if there is none"
        )

"""Continuous attractors: where only slow directions move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.jacobian import jacobian

_CORRECTIONS = 30


@dataclass(frozen=True)
class SlowManifold:
    """States at which nothing but slow directions moves.

    Attributes
    ----------
    states : (state, latent) float64
    dimensions : (state,) int
        Slow directions at each state.
    drifts : (state,) float64
        Length of one step there, in state units per bin.
    persistence_bins : float
        What counts as slow.
    """

    states: np.ndarray
    dimensions: np.ndarray
    drifts: np.ndarray
    persistence_bins: float

    @property
    def dimension(self) -> int | None:
        """The most common dimension over the states, the smaller of two equally common; None without states.

        Zero is a system of isolated fixed points, or of none.
        """
        return int(np.bincount(self.dimensions).argmax()) if len(self.dimensions) else None

    @property
    def relative_drift(self) -> float:
        """Median share of the manifold's extent that a state drifts within `persistence_bins`.

        The extent is the root of the states' total variance. Far below 1 the manifold holds a memory; NaN if
        it has no extent.
        """
        extent = float(np.sqrt(self.states.var(axis=0).sum())) if len(self.states) else 0.0
        return float(np.median(self.drifts)) * self.persistence_bins / extent if extent > 0 else float("nan")


def find_slow_manifold(
    dynamics: Dynamics, inputs: np.ndarray, visited_states: np.ndarray, persistence_bins: float
) -> SlowManifold:
    """Move each visited state to the slow manifold near it, and describe the manifold there.

    A direction is slow if its eigenvalue λ of the Jacobian has |1 - λ| <= 1 / persistence_bins: what moves
    along it takes that many bins to get away. The slow manifold is where the motion along all other
    eigenvectors vanishes (the intrinsic low-dimensional manifold of Maas & Pope 1992); Newton steps along
    those lead there. States that do not arrive are left out.

    Unlike a search for fixed points, it finds a line or ring attractor that drifts a little, and so has few
    fixed points or none. A lone slow mode of a system with point attractors is found as well: whether a
    manifold is a memory, its `relative_drift` tells. The dimension counts all slow directions, also those
    that no task uses.

    Parameters
    ----------
    inputs : (input,)
    visited_states : (state, latent)
        Tens to hundreds; the manifold is described where these are.
    """
    states = np.array(visited_states, float)
    spread = float(np.sqrt(states.var(axis=0).sum()))
    arrived = np.zeros(len(states), bool)
    for _ in range(_CORRECTIONS):
        going = np.flatnonzero(~arrived & np.isfinite(states).all(axis=1))
        if not going.size:
            break
        corrections, _ = _fast_corrections(dynamics, inputs, states[going], persistence_bins, spread)
        # A longer step than the cloud of states is wide leaves the region that the eigenvectors describe.
        norms = np.linalg.norm(corrections, axis=1)
        states[going] += corrections * np.minimum(1, spread / np.maximum(norms, spread))[:, None]
        arrived[going] = norms <= 1e-8 * spread
    states = states[arrived]
    _, dimensions = _fast_corrections(dynamics, inputs, states, persistence_bins, spread)
    drifts = np.linalg.norm(_moves(dynamics, inputs, states), axis=1)
    return SlowManifold(states, dimensions, drifts, persistence_bins)


def _moves(dynamics: Dynamics, inputs: np.ndarray, states: np.ndarray) -> np.ndarray:
    return dynamics.step(states, np.broadcast_to(inputs, (len(states), len(inputs)))) - states


def _fast_corrections(
    dynamics: Dynamics, inputs: np.ndarray, states: np.ndarray, persistence_bins: float, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give Newton's steps (state, latent) along the fast eigenvectors, and how many are slow (state,)."""
    if not len(states):
        return states, np.empty(0, int)
    values, vectors = np.linalg.eig(jacobian(dynamics, states, inputs, spread))
    slow = np.abs(1 - values) <= 1 / persistence_bins
    # The pseudo-inverse: eigenvectors of a defective Jacobian coincide.
    coordinates = np.linalg.pinv(vectors) @ _moves(dynamics, inputs, states)[..., None]
    fast = np.where(slow, 0, coordinates[..., 0] / np.where(slow, 1, 1 - values))
    return np.real(vectors @ fast[..., None])[..., 0], slow.sum(axis=1)

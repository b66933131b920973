"""All fixed points of a system under a constant input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.certificate import Certificate, TrappingBox, certify
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.fixed_point_search import CANONICAL_SEARCH, Hunt, Search
from ctdspec.dynamics.stability import eigenvalues_by_modulus, time_constants_bins, unstable_directions


@dataclass(frozen=True)
class FixedPoints:
    """The fixed points of a noise-free step under one constant input, fewest unstable directions first.

    Attributes
    ----------
    points : (point, latent) float64
    q : (point,) float64
        Half the squared length of the step there, (state units per bin)²: rounding, for a fixed point.
    jacobians : (point, latent, latent) float64
    eigenvalues : (point, latent) complex128
        Of the Jacobians, largest modulus first.
    slow_points : (slow point, latent) float64
        Local minima of q where the state moves slowly but does not stand still.
    slow_q : (slow point,) float64
    certificate : Certificate
        Whether the points can be all there are.
    closed : bool
        Whether the last round of the search found no new point.
    n_starts : int
        How many descents were made.
    """

    points: np.ndarray
    q: np.ndarray
    jacobians: np.ndarray
    eigenvalues: np.ndarray
    slow_points: np.ndarray
    slow_q: np.ndarray
    certificate: Certificate
    closed: bool
    n_starts: int

    @property
    def index(self) -> np.ndarray:
        """Number of unstable directions of each point, (point,)."""
        return unstable_directions(self.eigenvalues)

    @property
    def stable(self) -> np.ndarray:
        """Which points attract, (point,) bool."""
        return self.index == 0

    @property
    def time_constants_bins(self) -> np.ndarray:
        """Time constants (point, latent) in bins, of the eigenvalues in their order; negative ones grow."""
        return time_constants_bins(self.eigenvalues)

    def time_constants_s(self, bin_s: float) -> np.ndarray:
        """Time constants (point, latent) in seconds."""
        return self.time_constants_bins * bin_s


def find_fixed_points(
    dynamics: Dynamics,
    inputs: np.ndarray,
    visited_states: np.ndarray,
    rng: np.random.Generator,
    *,
    box: TrappingBox | None,
    search: Search = CANONICAL_SEARCH,
) -> FixedPoints:
    """Find the states that the noise-free step leaves where they are while the inputs are constant.

    Batched Levenberg–Marquardt descents on the length of the step start from visited states, from these with
    noise, and from the quarters of the segments between the points found so far, until a round adds no
    point and the certificate has no objection, or the rounds are used up. (Sussillo & Barak 2013 minimise
    the same speed, by gradient descent.) Nothing proves that no point was missed: see `Certificate`.

    Parameters
    ----------
    inputs : (input,)
    visited_states : (state, latent)
    box
        A box that the step maps into itself, if one is known. Points outside are dropped, and it makes the
        certificate applicable.

    Raises
    ------
    UsageError
        If the visited states are not at least two different finite ones, if the step leaves the box, or if
        it does not keep double precision.
    """
    hunt = Hunt(dynamics, inputs, visited_states, rng, box, search)
    n_starts = hunt.descend_from(hunt.visited())
    closed, n_old = False, 0
    for _ in range(search.rounds):
        n_known = len(hunt.points)
        n_starts += hunt.descend_from(np.concatenate([hunt.visited_with_noise(), hunt.on_segments(n_old)]))
        closed, n_old = len(hunt.points) == n_known, n_known
        if closed and hunt.certificate().verdict != "incomplete":
            break
    return _described(hunt, closed, n_starts)


def _described(hunt: Hunt, closed: bool, n_starts: int) -> FixedPoints:
    jacobians = hunt.jacobians()
    eigenvalues = eigenvalues_by_modulus(jacobians)
    # Rounded, so that coordinates that are equal but for rounding do not order the points.
    places = np.round(hunt.points / (hunt.search.merged * hunt.spread))
    order = np.lexsort((*places.T[::-1], unstable_directions(eigenvalues)))
    points = hunt.points[order]
    # A descent that ended early beside a fixed point found no slow point.
    slow_points = hunt.distinct(np.concatenate([points, hunt.slow_points]))[len(points) :]
    return FixedPoints(
        points, _q(hunt.moves(points)), jacobians[order], eigenvalues[order],
        slow_points, _q(hunt.moves(slow_points)),
        certify(jacobians, bounded=hunt.box is not None), closed, n_starts,
    )  # fmt: skip


def _q(moves: np.ndarray) -> np.ndarray:
    return np.sum(moves**2, axis=1) / 2

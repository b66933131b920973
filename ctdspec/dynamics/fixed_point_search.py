"""The search for fixed points: where descents start, and what they end in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.certificate import Certificate, TrappingBox, certify, ensure_trapping
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.jacobian import forward_difference_jacobian, jacobian
from ctdspec.dynamics.levenberg_marquardt import Minima, levenberg_marquardt
from ctdspec.errors import UsageError

_SEGMENT_SHARES = (0.25, 0.5, 0.75)
_N_PROBES = 64


@dataclass(frozen=True)
class Search:
    """How fixed points are looked for. Lengths are in units of the spread of the visited states.

    The spread is the root of their total variance.

    Attributes
    ----------
    visited_starts
        Visited states that are starts, in every round as many again with noise.
    noise_sds
        Norms of the noise on visited states, a third of the starts each.
    segment_starts
        The most starts on segments between found points in one round.
    converged
        A point whose step is at most this long is fixed.
    slow
        A minimum of the speed that is no fixed point is listed as slow if its step is at most this long.
    merged
        Points nearer to each other than this are one point.
    iterations
        The most iterations of one descent.
    rounds
        The most rounds of starts.
    """

    visited_starts: int = 64
    noise_sds: tuple[float, ...] = (0.1, 0.3)
    segment_starts: int = 800
    converged: float = 1e-11
    slow: float = 1e-2
    merged: float = 1e-3
    iterations: int = 40
    rounds: int = 12


CANONICAL_SEARCH = Search()
"""Finds the 27 points of the shipped three-bit flip-flop from every seed tried."""


class Hunt:
    """The points found so far, and where to look next.

    Attributes
    ----------
    points, slow_points : (point, latent) float64
        In the order in which they were found.
    spread : float
        Root of the total variance of the visited states.

    Raises
    ------
    UsageError
        As `find_fixed_points` does.
    """

    def __init__(
        self,
        dynamics: Dynamics,
        inputs: np.ndarray,
        visited_states: np.ndarray,
        rng: np.random.Generator,
        box: TrappingBox | None,
        search: Search,
    ) -> None:
        self.dynamics, self.rng, self.box, self.search = dynamics, rng, box, search
        self.inputs = np.asarray(inputs, float)
        self.states = np.asarray(visited_states, float)
        self.spread = _spread(self.states)
        self.points = self.slow_points = np.empty((0, dynamics.n_latents))
        # Rounding alone moves a state by about this much, far from the origin.
        rounding = 8 * np.finfo(float).eps * float(np.linalg.norm(self.states, axis=1).max())
        self.tolerance = max(search.converged * self.spread, rounding)
        if box is not None:
            ensure_trapping(dynamics, self.inputs, box, _N_PROBES, rng)

    def moves(self, states: np.ndarray) -> np.ndarray:
        """Give by how much one step moves states (state, latent)."""
        drives = np.broadcast_to(self.inputs, (len(states), len(self.inputs)))
        # A step that a descent tries may be too long for the system; it is taken back.
        with np.errstate(over="ignore", invalid="ignore"):
            return self.dynamics.step(states, drives) - states

    def slopes(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of `moves`, good to 1e-7: a descent takes as many steps with the exact one."""
        found = forward_difference_jacobian(self.dynamics, states, self.inputs, self.spread)
        return found - np.eye(states.shape[1])

    def visited(self) -> np.ndarray:
        """Draw some of the visited states."""
        n_starts = min(self.search.visited_starts, len(self.states))
        return self.states[self.rng.choice(len(self.states), n_starts, replace=False)]

    def visited_with_noise(self) -> np.ndarray:
        """Draw some of the visited states, and add noise."""
        states = self.visited()
        norms = np.resize(self.search.noise_sds, len(states)) * self.spread
        noise = self.rng.standard_normal(states.shape) / np.sqrt(states.shape[1])
        return states + norms[:, None] * noise

    def on_segments(self, n_old: int) -> np.ndarray:
        """Give the quarters of the segments that end in a point beyond the first `n_old`."""
        first, second = np.triu_indices(len(self.points), k=1)
        new = second >= n_old
        ends, others = self.points[first[new]], self.points[second[new]]
        starts = np.concatenate([(1 - share) * ends + share * others for share in _SEGMENT_SHARES])
        return self.rng.permutation(starts)[: self.search.segment_starts]

    def descend_from(self, starts: np.ndarray) -> int:
        """Add the fixed and slow points that descents from the starts end in; give the number of starts."""
        if self.box is not None:
            starts = np.clip(starts, self.box.low, self.box.high)
        minima = levenberg_marquardt(self.moves, self.slopes, starts, self.tolerance, self.search.iterations)
        fixed = minima.distances <= self.tolerance
        slow = ~fixed & (minima.distances <= self.search.slow * self.spread)
        self.points = self._joined(self.points, minima, fixed)
        self.slow_points = self._joined(self.slow_points, minima, slow)
        return len(starts)

    def _joined(self, known: np.ndarray, minima: Minima, chosen: np.ndarray) -> np.ndarray:
        if self.box is not None:
            chosen = chosen & self.box.holds(minima.points)
        order = np.argsort(minima.distances[chosen], kind="stable")
        return self.distinct(np.concatenate([known, minima.points[chosen][order]]))

    def distinct(self, points: np.ndarray) -> np.ndarray:
        """Give the points (point, latent) that are not merged into one kept before them."""
        kept: list[int] = []
        for index, point in enumerate(points):
            distances = np.linalg.norm(points[kept] - point, axis=1)
            if np.all(distances > self.search.merged * self.spread):
                kept.append(index)
        return points[kept]

    def certificate(self) -> Certificate:
        """Say whether the points can be all there are."""
        return certify(self.jacobians(), bounded=self.box is not None)

    def jacobians(self) -> np.ndarray:
        """Give the derivatives of the step at the points, (point, latent, latent)."""
        return jacobian(self.dynamics, self.points, self.inputs, self.spread)


def _spread(states: np.ndarray) -> float:
    spread = float(np.sqrt(states.var(axis=0).sum())) if len(states) else 0.0
    if not 0 < spread < np.inf:
        raise UsageError(
            f"visited_states: found {len(states)} states with a spread of {spread}; needed are two or more "
            "different ones, all finite: pass states of simulated trials"
        )
    return spread

"""All fixed points of a system under a constant input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.certificate import Certificate, TrappingBox, certify, ensure_trapping
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.jacobian import forward_difference_jacobian, jacobian
from ctdspec.dynamics.levenberg_marquardt import Minima, levenberg_marquardt
from ctdspec.dynamics.stability import eigenvalues_by_modulus, time_constants_bins, unstable_directions
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
    search: Search = Search(),
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
    hunt = _Hunt(dynamics, inputs, visited_states, rng, box, search)
    n_starts = hunt.descend_from(hunt.visited())
    closed, n_old = False, 0
    for _ in range(search.rounds):
        n_known = len(hunt.points)
        n_starts += hunt.descend_from(np.concatenate([hunt.visited_with_noise(), hunt.on_segments(n_old)]))
        closed, n_old = len(hunt.points) == n_known, n_known
        if closed and hunt.certificate().verdict != "incomplete":
            break
    return hunt.result(closed, n_starts)


class _Hunt:
    """The points found so far, and where to look next."""

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
        n_starts = min(self.search.visited_starts, len(self.states))
        return self.states[self.rng.choice(len(self.states), n_starts, replace=False)]

    def visited_with_noise(self) -> np.ndarray:
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
        return self._joined_to(known, minima.points[chosen][order])

    def _joined_to(self, known: np.ndarray, new: np.ndarray) -> np.ndarray:
        return _distinct(np.concatenate([known, new]), self.search.merged * self.spread)

    def certificate(self) -> Certificate:
        return certify(self._jacobians(), bounded=self.box is not None)

    def _jacobians(self) -> np.ndarray:
        return jacobian(self.dynamics, self.points, self.inputs, self.spread)

    def result(self, closed: bool, n_starts: int) -> FixedPoints:
        jacobians = self._jacobians()
        eigenvalues = eigenvalues_by_modulus(jacobians)
        # Rounded, so that coordinates that are equal but for rounding do not order the points.
        places = np.round(self.points / (self.search.merged * self.spread))
        order = np.lexsort((*places.T[::-1], unstable_directions(eigenvalues)))
        points = self.points[order]
        slow_points = self._joined_to(points, self.slow_points)[len(points) :]
        return FixedPoints(
            points, _q(self.moves(points)), jacobians[order], eigenvalues[order],
            slow_points, _q(self.moves(slow_points)),
            self.certificate(), closed, n_starts,
        )  # fmt: skip


def _q(moves: np.ndarray) -> np.ndarray:
    return np.sum(moves**2, axis=1) / 2


def _spread(states: np.ndarray) -> float:
    spread = float(np.sqrt(states.var(axis=0).sum())) if len(states) else 0.0
    if not 0 < spread < np.inf:
        raise UsageError(
            f"visited_states: found {len(states)} states with a spread of {spread}; needed are two or more "
            "different ones, all finite: pass states of simulated trials"
        )
    return spread


def _distinct(points: np.ndarray, distance: float) -> np.ndarray:
    """Give the points that are farther than `distance` from every point kept before them."""
    kept: list[int] = []
    for index, point in enumerate(points):
        if np.all(np.linalg.norm(points[kept] - point, axis=1) > distance):
            kept.append(index)
    return points[kept]

"""How well the fixed points of inferred dynamics are those of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.stability import unstable_directions
from ctdspec.metrics.linear_map import LinearMap

VISITED_SDS = 3.0
"""Points more than this many times as far from the mean as a visited state typically is are extrapolated."""
CAP_SDS = 0.25
"""Points farther apart than this share of the spread of the visited states are not the same point."""

_VARIANCE_SHARE = 0.99


@dataclass(frozen=True)
class PointSet:
    """Fixed points (point, latent) and the eigenvalues (point, latent) of the step's Jacobian there."""

    points: np.ndarray
    eigenvalues: np.ndarray

    def where(self, chosen: np.ndarray) -> PointSet:
        """Give the points that are chosen, (point,) bool or indices."""
        return PointSet(self.points[chosen], self.eigenvalues[chosen])


@dataclass(frozen=True)
class FixedPointMatch:
    """What the found fixed points say about the true ones. Shares are NaN where there is nothing to share.

    Attributes
    ----------
    precision
        Share of the found points near the visited states that match a true point.
    recall
        Share of the true points near the visited states that match a found point.
    f1
        Their harmonic mean; 0 if nothing matches, NaN if there are no points at all.
    distance
        Mean distance of matched points, in units of the spread of the visited states.
    stability
        Share of the matches with the same number of unstable directions.
    eigenvalue_distance
        Mean over matches of the mean |λ - λ'| of persistent eigenvalues.
    pairs : (match, 2) int
        Indices of matched true and found points.
    extrapolated_true, extrapolated_found
        How many points were set aside, because the map is not defined far from the visited states.
    """

    precision: float
    recall: float
    f1: float
    distance: float
    stability: float
    eigenvalue_distance: float
    pairs: np.ndarray
    extrapolated_true: int
    extrapolated_found: int


def match_fixed_points(
    truth: PointSet, found: PointSet, to_truth: LinearMap, visited_latents: np.ndarray, slow_bins: float
) -> FixedPointMatch:
    """Match found to true fixed points one to one: as many as possible, at the least total distance.

    The affine map makes the comparison blind to the coordinates of the inferred states, as it must be; it
    says nothing far from the states it was fitted on, so points there are set aside. A point found twice
    counts against precision. Slow points are no fixed points and do not belong in either set.

    Parameters
    ----------
    truth, found : PointSet
    to_truth : LinearMap
        From inferred states to true latents, fitted on train trials.
    visited_latents : (bin, latent)
        True latents of train trials: they set the units of distance and what is near.
    slow_bins
        Eigenvalues are compared if they decay more slowly than this time constant; at least the slowest of
        each true point is.
    """
    mapped = to_truth(found.points)
    near_true = _near(truth.points, visited_latents)
    near_found = _near(mapped, visited_latents)
    spread = float(np.sqrt(visited_latents.var(axis=0, dtype=float).sum()))
    pairs, distances = _assign(truth.points[near_true] / spread, mapped[near_found] / spread)
    pairs = np.stack(
        [np.flatnonzero(near_true)[pairs[:, 0]], np.flatnonzero(near_found)[pairs[:, 1]]], axis=1
    )
    ours, theirs = truth.where(pairs[:, 0]).eigenvalues, found.where(pairs[:, 1]).eigenvalues
    n_true, n_found, n_pairs = int(near_true.sum()), int(near_found.sum()), len(pairs)
    return FixedPointMatch(
        precision=_share(n_pairs, n_found),
        recall=_share(n_pairs, n_true),
        f1=_share(2 * n_pairs, n_true + n_found),
        distance=_mean(distances),
        stability=_mean(unstable_directions(ours) == unstable_directions(theirs)),
        eigenvalue_distance=_mean(
            np.array([eigenvalue_distance(*pair, slow_bins) for pair in zip(ours, theirs, strict=True)])
        ),
        pairs=pairs,
        extrapolated_true=len(near_true) - n_true,
        extrapolated_found=len(near_found) - n_found,
    )


def eigenvalue_distance(truth: np.ndarray, found: np.ndarray, slow_bins: float) -> float:
    """Give the mean |λ - λ'| over the persistent eigenvalues of truth (latent,), matched to those of found.

    Persistent are those with |λ| >= exp(-1 / slow_bins), at least one; as many of the found ones are taken,
    largest first, and zeros where there are fewer: a model of fewer dimensions forgets the others at once.
    """
    from scipy.optimize import linear_sum_assignment

    ours = truth[np.argsort(-np.abs(truth), kind="stable")]
    ours = ours[: max(1, int(np.sum(np.abs(ours) >= np.exp(-1 / slow_bins))))]
    theirs = np.zeros(len(ours), complex)
    largest = found[np.argsort(-np.abs(found), kind="stable")][: len(ours)]
    theirs[: len(largest)] = largest
    costs = np.abs(ours[:, None] - theirs)
    return float(costs[linear_sum_assignment(costs)].mean())


def _near(points: np.ndarray, visited: np.ndarray) -> np.ndarray:
    """Say which points (point, latent) are within `VISITED_SDS` of the visited states.

    The distance is that of Mahalanobis over the principal components that hold 99 % of the variance (beyond
    those the sd is that of noise), divided by the root of their number: 1 for a typical visited state.
    """
    mean = visited.mean(axis=0, dtype=float)
    variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(visited.T.astype(float), bias=True)))
    variances, axes = variances[::-1], axes[:, ::-1]
    n = 1 + int(np.searchsorted(np.cumsum(variances), _VARIANCE_SHARE * variances.sum()))
    scores = (points - mean) @ axes[:, :n] / np.sqrt(variances[:n])
    return np.sqrt(np.mean(scores**2, axis=1)) <= VISITED_SDS


def _assign(true: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give pairs (match, 2) of rows, and their distances: most pairs within the cap, then least distance."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    distances = cdist(true, found)
    allowed = distances <= CAP_SDS
    # One forbidden pair costs more than all allowed ones together, so as many as possible are allowed.
    forbidden = CAP_SDS * (min(distances.shape, default=0) + 1)
    rows, columns = linear_sum_assignment(np.where(allowed, distances, forbidden))
    kept = allowed[rows, columns]
    pairs = np.stack([rows[kept], columns[kept]], axis=1)
    return pairs, distances[pairs[:, 0], pairs[:, 1]]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")

"""Many small nonlinear least-squares problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Residual = Callable[[np.ndarray], np.ndarray]
"""Gives the residuals (problem, residual) at points (problem, unknown)."""
Slope = Callable[[np.ndarray], np.ndarray]
"""Gives the derivatives (problem, residual, unknown) of the residuals at points (problem, unknown)."""

_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-14
_LEAST_SLOPE = 1e-12
_NO_GAIN = 1e-4
_PROBLEMS_AT_ONCE = 64


@dataclass(frozen=True)
class Minima:
    """Where the descents ended.

    Attributes
    ----------
    points : (problem, unknown) float64
    distances : (problem,) float64
        Norms of the residuals there; infinite for a problem whose start had no finite residual.
    """

    points: np.ndarray
    distances: np.ndarray


def levenberg_marquardt(
    residual: Residual, slope: Slope, starts: np.ndarray, tolerance: float, max_iterations: int
) -> Minima:
    """Look for roots of the residual from each start (problem, unknown) (Levenberg 1944, Marquardt 1963).

    In every step each equation is weighed by one over the norm of its slope, so that the units of the
    equations do not matter. In a network whose units differ a thousandfold in their time constants, the
    length of a step is small wherever the slow units are wrong; unweighed, half of the descents end there.

    A descent ends when the norm of the residual is at most `tolerance`, when the linear model foresees less
    than 1e-4 of improvement (a minimum that is no root), or after `max_iterations`.
    """
    parts = [
        _descend(residual, slope, starts[first : first + _PROBLEMS_AT_ONCE], tolerance, max_iterations)
        for first in range(0, len(starts), _PROBLEMS_AT_ONCE)
    ]
    if not parts:
        return Minima(starts.astype(float), np.empty(0))
    points, distances = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Minima(points, distances)


def _descend(
    residual: Residual, slope: Slope, starts: np.ndarray, tolerance: float, max_iterations: int
) -> tuple[np.ndarray, np.ndarray]:
    points = starts.astype(float)
    residuals = residual(points)
    slopes = np.empty((*residuals.shape, starts.shape[1]))
    damping = np.full(len(points), _FIRST_DAMPING)
    active = _norm(residuals) > tolerance
    moved = active.copy()
    for _ in range(max_iterations):
        if not active.any():
            break
        slopes[moved] = slope(points[moved])
        at = np.flatnonzero(active)
        weights = 1 / np.maximum(_norm(slopes[at]), _LEAST_SLOPE)
        steps, foreseen = _damped_steps(weights[..., None] * slopes[at], weights * residuals[at], damping[at])
        tried = points[at] + steps
        tried_residuals = residual(tried)
        with np.errstate(over="ignore"):
            gain = 1 - (_norm(weights * tried_residuals) / _norm(weights * residuals[at])) ** 2
            gain /= foreseen
        better = gain > 0
        arrived = at[better]
        points[arrived], residuals[arrived] = tried[better], tried_residuals[better]
        damping[at] *= np.where(gain > 0.75, 0.1, np.where(better, 1.0, 5.0))
        active[at] = (_norm(residuals[at]) > tolerance) & (foreseen > _NO_GAIN)
        moved[:] = False
        moved[arrived] = active[arrived]
    return points, _norm(residuals)


def _norm(vectors: np.ndarray) -> np.ndarray:
    """Give the norms (…) of vectors (…, component); infinite for one that is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.sum(vectors**2, axis=-1))
    return np.where(np.isfinite(norms), norms, np.inf)


def _damped_steps(
    slopes: np.ndarray, residuals: np.ndarray, damping: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the steps, and the share of the squared residual that the linear model says they save."""
    transposed = slopes.swapaxes(1, 2)
    curvature = transposed @ slopes
    size = np.trace(curvature, axis1=1, axis2=2) / curvature.shape[1]
    added = np.maximum(damping, _LEAST_DAMPING) * size + np.finfo(float).tiny
    curvature += added[:, None, None] * np.eye(curvature.shape[1])
    steps = -np.linalg.solve(curvature, transposed @ residuals[..., None])
    left = residuals + (slopes @ steps)[..., 0]
    saved = 1 - (_norm(left) / _norm(residuals)) ** 2
    return steps[..., 0], np.maximum(saved, np.finfo(float).eps)

"""Coordinates of states in which no unit weighs more than another."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.linear_map import LinearMap, Moments

_FLOAT32_STEP = float(np.finfo(np.float32).eps)
_RESOLVED = 1e-8
"""Share of the variance of a standardised state below which a direction is rounding of float32."""


def whitening(moments: Moments, columns: slice, floor: float) -> LinearMap:
    """Give the map to directions of variance ``λ / (λ + floor)``, uncorrelated and centred.

    Columns are first brought to unit variance, so their units do not matter; λ are the eigenvalues of their
    correlation matrix. Directions well above the floor count alike, those below it by their size; with a
    floor of 0 all count alike. Columns and directions that are constant to the precision of float32 are left
    out.
    """
    mean, covariance = moments.mean[columns], moments.covariance[columns, columns]
    sd = np.sqrt(np.maximum(np.diag(covariance), 0))
    varies = sd > _FLOAT32_STEP * np.abs(mean)
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=varies)
    values, axes = np.linalg.eigh(covariance * np.outer(scale, scale))
    kept = values > _RESOLVED * max(1, values.max(initial=0))
    weights = scale[:, None] * axes[:, kept] / np.sqrt(values[kept] + floor)
    return LinearMap(weights, -mean @ weights, 0.0)


def leading_axes(moments: Moments, columns: slice, share: float) -> np.ndarray:
    """Give the principal axes (column, axis), largest first, that together hold a share of the variance."""
    values, axes = np.linalg.eigh(moments.covariance[columns, columns])
    values, axes = np.maximum(values[::-1], 0), axes[:, ::-1]
    held = np.cumsum(values)
    n_axes = int(np.searchsorted(held, share * held[-1])) + 1
    return axes[:, : min(n_axes, len(values))]

"""Linear maps between states, fitted from sums over bins so that a large fit never needs a large copy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec import scratch

N_FOLDS = 5
RIDGES = tuple(10.0**power for power in range(-10, 1))
"""Penalties that are tried, per bin and for predictors of unit variance."""

_TRIALS_AT_ONCE = 16
_TRIALS_OF_CENTRE = 32
_FLOAT32_STEP = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Moments:
    """Sums over bins of the columns of some arrays, relative to `centre`.

    Attributes
    ----------
    n : float
        Bins.
    total : (column,) float64
    products : (column, column) float64
    centre : (column,) float64
    """

    n: float
    total: np.ndarray
    products: np.ndarray
    centre: np.ndarray

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.n + other.n, self.total + other.total, self.products + other.products, self.centre
        )

    def mapped(self, matrix: np.ndarray) -> Moments:
        """Give the moments of ``columns @ matrix``."""
        return Moments(self.n, self.total @ matrix, matrix.T @ self.products @ matrix, self.centre @ matrix)

    @property
    def mean(self) -> np.ndarray:
        """Mean of each column."""
        return self.centre + self.total / self.n

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the columns, (column, column)."""
        return self.products / self.n - np.outer(self.total, self.total) / self.n**2


def moments_by_fold(arrays: tuple[np.ndarray, ...], valid: np.ndarray) -> list[Moments]:
    """Give the moments of arrays (trial, time, column), side by side, one for each fold of trials.

    Trial i is in fold i modulo `N_FOLDS`, or of the number of trials if that is smaller. Folds without a
    valid bin are left out.
    """
    n_folds = min(N_FOLDS, len(valid))
    centre = np.concatenate([_mean(array, valid) for array in arrays])
    folds = [_moments(arrays, valid, range(fold, len(valid), n_folds), centre) for fold in range(n_folds)]
    return [fold for fold in folds if fold.n]


def _mean(array: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give the mean of some trials' means: near enough to the mean to keep the sums precise."""
    trials = np.flatnonzero(valid.any(axis=1))
    trials = trials[:: -(-len(trials) // _TRIALS_OF_CENTRE)]
    return np.mean([array[trial][valid[trial]].mean(axis=0, dtype=float) for trial in trials], axis=0)


def _moments(arrays: tuple[np.ndarray, ...], valid: np.ndarray, trials: range, centre: np.ndarray) -> Moments:
    moments = Moments(0, np.zeros(len(centre)), np.zeros((len(centre), len(centre))), centre)
    for start in range(0, len(trials), _TRIALS_AT_ONCE):
        block = slice(trials[start], trials[start : start + _TRIALS_AT_ONCE].stop, trials.step)
        columns = np.concatenate([_rows(array[block], valid[block]) for array in arrays], axis=1, dtype=float)
        columns -= centre
        moments += Moments(len(columns), columns.sum(axis=0), columns.T @ columns, centre)
    return moments


def _rows(array: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give the valid bins (bin, column); trials that are whole are copied several times as fast."""
    return array.reshape(-1, array.shape[2]) if valid.all() else array[valid]


@dataclass(frozen=True)
class LinearMap:
    """``targets = predictors @ weights + intercept``, and the ridge that made it."""

    weights: np.ndarray
    intercept: np.ndarray
    ridge: float

    def __call__(self, predictors: np.ndarray) -> np.ndarray:
        """Map (…, predictor) to (…, target)."""
        return predictors @ self.weights + self.intercept

    def series(self, predictors: np.ndarray) -> np.ndarray:
        """Map (trial, time, predictor) to (trial, time, target) float32.

        The float64 that is needed on the way is one trial long.
        """
        mapped = scratch.empty((*predictors.shape[:2], len(self.intercept)), np.float32)
        for trial, values in enumerate(predictors):
            mapped[trial] = self(values)
        return mapped


def fit_linear_map(folds: list[Moments], predictors: slice, targets: slice) -> LinearMap:
    """Fit a ridge regression with intercept; the ridge with the least error over left-out folds is taken.

    Predictors are standardised for the penalty, so their units do not matter. A predictor that is constant
    (to the precision of float32) gets no weight. The intercept is not penalised.
    """
    ridge = RIDGES[0]
    if len(folds) > 1:
        errors = np.zeros(len(RIDGES))
        for left_out, fold in enumerate(folds):
            rest = all_moments(folds[:left_out] + folds[left_out + 1 :])
            for index, candidate in enumerate(_ridge_path(rest, predictors, targets, RIDGES)):
                errors[index] += _squared_error(candidate, fold, predictors, targets)
        ridge = RIDGES[int(np.argmin(errors))]
    return _ridge_path(all_moments(folds), predictors, targets, (ridge,))[0]


def fit_with_ridge(moments: Moments, predictors: slice, targets: slice, ridge: float) -> LinearMap:
    """Fit a ridge regression with intercept and a given penalty, as in `fit_linear_map`."""
    return _ridge_path(moments, predictors, targets, (ridge,))[0]


def all_moments(folds: list[Moments]) -> Moments:
    """Give the moments of the bins of all folds."""
    total = folds[0]
    for fold in folds[1:]:
        total += fold
    return total


def _ridge_path(
    moments: Moments, predictors: slice, targets: slice, ridges: tuple[float, ...]
) -> list[LinearMap]:
    """Give the map for each ridge, from one eigendecomposition."""
    mean, covariance = moments.mean, moments.covariance
    sd = np.sqrt(np.maximum(np.diag(covariance)[predictors], 0))
    varies = sd > _FLOAT32_STEP * np.abs(mean[predictors])
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=varies)
    values, axes = np.linalg.eigh(covariance[predictors, predictors] * np.outer(scale, scale))
    projected = axes.T @ (covariance[predictors, targets] * scale[:, None])

    maps = []
    for ridge in ridges:
        weights = scale[:, None] * (axes @ (projected / (np.maximum(values, 0) + ridge)[:, None]))
        maps.append(LinearMap(weights, mean[targets] - mean[predictors] @ weights, ridge))
    return maps


def _squared_error(fitted: LinearMap, fold: Moments, predictors: slice, targets: slice) -> float:
    """Give the sum over bins and targets of the squared error, from the moments of the bins alone."""
    covariance, weights = fold.covariance, fitted.weights
    spread = (
        np.trace(covariance[targets, targets])
        - 2 * np.sum(weights * covariance[predictors, targets])
        + np.sum(weights * (covariance[predictors, predictors] @ weights))
    )
    bias = fold.mean[targets] - fitted(fold.mean[predictors])
    return fold.n * float(spread + bias @ bias)

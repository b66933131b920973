"""How well one set of series is recovered by another, in both directions and up to linear maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.explained import TrialSums
from ctdspec.metrics.linear_map import LinearMap, all_moments, fit_linear_map
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.whitening import leading_axes, whitening

NOISE_FLOOR = 0.1
"""Variance, as a share of that of a standardised state, at which a direction of the states counts half."""
COMPONENTS_SHARE = 0.99
"""Share of the truth's variance that its principal components are to hold."""


@dataclass(frozen=True)
class Recovery:
    """Linear maps between what is true and what was inferred, fitted on train trials.

    Attributes
    ----------
    to_true : LinearMap
        From what was inferred to what is true.
    whiten : LinearMap
        From what was inferred to coordinates without units (`whitening`, down to the noise floor).
    to_whitened : LinearMap
        From what is true to those coordinates.
    axes : (true column, component)
        Principal axes of what is true.
    """

    to_true: LinearMap
    whiten: LinearMap
    to_whitened: LinearMap
    axes: np.ndarray

    @classmethod
    def fit(cls, train: Pair) -> Recovery:
        """Fit all maps; ridges are chosen by cross-validation over trials (`fit_linear_map`)."""
        n_true = train.true.shape[2]
        true, inferred = slice(0, n_true), slice(n_true, None)
        folds = train.folds
        moments = all_moments(folds)
        whiten = whitening(moments, inferred, NOISE_FLOOR)
        n_inferred, n_directions = whiten.weights.shape
        coordinates = np.zeros((n_true + n_inferred, n_true + n_directions))
        coordinates[true, true], coordinates[inferred, inferred] = np.eye(n_true), whiten.weights
        to_whitened = fit_linear_map([fold.mapped(coordinates) for fold in folds], true, inferred)
        # The mapped moments are not centred by the whitening's intercept.
        centred = LinearMap(to_whitened.weights, to_whitened.intercept + whiten.intercept, to_whitened.ridge)
        axes = leading_axes(moments, true, COMPONENTS_SHARE)
        return cls(fit_linear_map(folds, inferred, true), whiten, centred, axes)

    def recall(self, test: Pair) -> TrialSums:
        """Compare what is true with its prediction from what was inferred."""
        return TrialSums.of(test.true, self.to_true.series(test.inferred), test.valid)

    def component_recall(self, test: Pair) -> TrialSums:
        """Compare the same along the principal axes of what is true, one column each."""
        axes = self.axes.astype(np.float32)
        true, found = (_along(axes, series) for series in (test.true, self.to_true.series(test.inferred)))
        return TrialSums.of(true, found, test.valid)

    def precision(self, test: Pair) -> TrialSums:
        """Compare what was inferred, without its units, with its prediction from what is true."""
        return TrialSums.of(self.whiten.series(test.inferred), self.to_whitened.series(test.true), test.valid)


def _along(axes: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Give ``series @ axes``, (trial, time, component)."""
    found = scratch.empty((*series.shape[:2], axes.shape[1]), np.result_type(series, axes))
    return np.matmul(series, axes, out=found)


def harmonic_mean(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give 2ab / (a + b), where what is below 0 counts as 0, and as much if both are; NaN where either is."""
    first, second = (np.maximum(values, 0) for values in (first, second))
    total = first + second
    return np.divide(2 * first * second, total, out=total.copy(), where=total > 0)

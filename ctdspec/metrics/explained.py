"""Explained variance (R²) from sums per trial, so that it can be resampled over trials in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.bootstrap import Estimate

_TRIALS_AT_ONCE = 16
_FLOAT32_STEP = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class TrialSums:
    """What R² needs of each trial and each column (a neuron, or a dimension of a state).

    Values are taken relative to a fixed number per column, which leaves R² as it is and keeps it precise.

    Attributes
    ----------
    n : (trial,) float64
        Valid bins.
    total, squares : (trial, column) float64
        Sums of the true values and of their squares.
    errors : (trial, column) float64
        Sum of squared differences between predicted and true values.
    resolution : (column,) float64
        Smallest variance that float32 can hold at the size of the true values.
    """

    n: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    errors: np.ndarray
    resolution: np.ndarray

    @classmethod
    def of(cls, true: np.ndarray, predicted: np.ndarray, valid: np.ndarray) -> TrialSums:
        """Sum over the valid bins of arrays (trial, time, column)."""
        # The extremes need no second array, which the absolute values would be.
        highest, lowest = true.max(axis=(0, 1), initial=0), true.min(axis=(0, 1), initial=0)
        size = np.maximum(highest, -lowest).astype(float)
        centre = _mean(true, valid)
        total, squares, errors = (np.empty((len(true), true.shape[2])) for _ in range(3))
        for start in range(0, len(true), _TRIALS_AT_ONCE):
            block = slice(start, start + _TRIALS_AT_ONCE)
            counted = valid[block, :, None]
            deviation = np.where(counted, true[block] - centre, 0)
            error = np.where(counted, predicted[block].astype(float) - true[block], 0)
            total[block] = deviation.sum(axis=1)
            squares[block] = np.einsum("itc,itc->ic", deviation, deviation)
            errors[block] = np.einsum("itc,itc->ic", error, error)
        return cls(valid.sum(axis=1).astype(float), total, squares, errors, (size * _FLOAT32_STEP) ** 2)

    def columns(self, chosen: np.ndarray) -> TrialSums:
        """Give the sums of the columns that a mask or a list of indices chooses."""
        total, squares, errors = (part[:, chosen] for part in (self.total, self.squares, self.errors))
        return TrialSums(self.n, total, squares, errors, self.resolution[chosen])

    def variances(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give residual and total sums of squares, both (resample, column).

        A column that varies by less than float32 can tell counts as constant: both of its sums are 0 then,
        whatever was predicted, because there is nothing to explain.
        """
        n = (weights @ self.n)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            total = weights @ self.squares - (weights @ self.total) ** 2 / n
        varies = total > self.resolution * n
        return np.where(varies, weights @ self.errors, 0), np.where(varies, total, 0)


def _mean(array: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give the mean of each column over the valid bins, 0 if there are none."""
    total = sum_of_rows(array[piece][valid[piece]] for piece in scratch.pieces(array))
    return total / max(1, valid.sum())


def sum_of_rows(blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Sum blocks (row, column) over rows, in float64 and one row after the other, wherever blocks end."""
    blocks = iter(blocks)
    total = next(blocks).sum(axis=0, dtype=float)
    for block in blocks:
        # One row after the other: rounding is the same as if there were one block.
        rows = np.concatenate([total[None], block])
        total = rows.sum(axis=0)
    return total


def pooled_r2(sums: TrialSums, weights: np.ndarray) -> Estimate:
    """Give 1 - residual / total variance, both summed over columns: columns weigh by their variance.

    Equal to scikit-learn's ``r2_score(..., multioutput="variance_weighted")`` on the valid bins. NaN if no
    column varies.
    """
    return Estimate.from_resamples(pooled_r2_resamples(sums, weights))


def pooled_r2_resamples(sums: TrialSums, weights: np.ndarray) -> np.ndarray:
    """Give the value of `pooled_r2` and of each of its resamples, (1 + resample,)."""
    residual, total = sums.variances(weights)
    return _r2(residual.sum(axis=1), total.sum(axis=1))


def median_r2(sums: TrialSums, weights: np.ndarray) -> Estimate:
    """Give the median over columns of each column's R². Columns that do not vary are left out.

    NaN if no column varies.
    """
    return _over_columns(np.nanmedian, sums, weights)


def mean_r2(sums: TrialSums, weights: np.ndarray) -> Estimate:
    """Give the mean over columns of each column's R²: every column counts the same, whatever its variance.

    Columns that do not vary are left out; NaN if none does.
    """
    return _over_columns(np.nanmean, sums, weights)


def _over_columns(summary: Callable[..., np.ndarray], sums: TrialSums, weights: np.ndarray) -> Estimate:
    r2 = _r2(*sums.variances(weights))
    found = np.full(len(r2), np.nan)
    defined = ~np.isnan(r2).all(axis=1)
    found[defined] = summary(r2[defined], axis=1)
    return Estimate.from_resamples(found)


def _r2(residual: np.ndarray, total: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - residual / total, np.nan)

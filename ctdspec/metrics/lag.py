"""By how many bins what was inferred comes after what is true."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.linear_map import RIDGES, all_moments, fit_with_ridge
from ctdspec.metrics.pair import Pair

MAX_LAG_S = 0.1
"""Longest lag that is tried, in either direction."""
LAG_TRIALS = 100
"""Train trials that the lag is chosen on, the first ones: more change a whole number of bins hardly ever."""


def best_lag(train: Pair, bin_s: float) -> tuple[int, int]:
    """Give the lag, in bins, at which a linear map explains most of what is true, and the largest tried.

    Positive: what was inferred comes later. Of equally good lags the shortest is taken. No lag is longer than
    a quarter of the longest trial, so that bins remain.
    """
    largest = min(round(MAX_LAG_S / bin_s), int(train.valid.sum(axis=1).max()) // 4)
    first = Pair(train.true[:LAG_TRIALS], train.inferred[:LAG_TRIALS], train.valid[:LAG_TRIALS])
    lags = sorted(range(-largest, largest + 1), key=abs)
    return lags[int(np.argmax([_explained(first.lagged(lag, largest)) for lag in lags]))], largest


def _explained(pair: Pair) -> float:
    """Give the share of the variance that a linear map explains of the bins it is fitted to; 0 without."""
    if not pair.valid.any():
        return 0.0
    n_true = pair.true.shape[2]
    true, inferred = slice(0, n_true), slice(n_true, None)
    moments = all_moments(pair.folds)
    weights = fit_with_ridge(moments, inferred, true, RIDGES[0]).weights
    total = np.trace(moments.covariance[true, true])
    # Of a least-squares fit the explained variance is that of the prediction, to the size of the ridge.
    explained = np.sum(weights * (moments.covariance[inferred, inferred] @ weights))
    return float(explained / total) if total > 0 else 0.0

"""How well rates are recovered."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.explained import TrialSums, median_r2, pooled_r2


def rate_scores(
    true_hz: np.ndarray, rates_hz: np.ndarray, valid: np.ndarray, weights: np.ndarray
) -> dict[str, Estimate]:
    """Score rates against the true rates, without any fit.

    Parameters
    ----------
    true_hz, rates_hz : (trial, time, neuron)
        Both in Hz.
    valid : (trial, time) bool
    weights : (1 + resample, trial)
        From `trial_weights`.

    Returns
    -------
    ``rate_r2``: pooled over neurons, weighted by their variance. ``rate_r2_median``: median over neurons.
    """
    sums = TrialSums.of(true_hz, rates_hz, valid)
    return {"rate_r2": pooled_r2(sums, weights), "rate_r2_median": median_r2(sums, weights)}

"""Whether everything that the states do reaches the neurons."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.explained import TrialSums, pooled_r2
from ctdspec.metrics.linear_map import (
    LinearMap,
    Moments,
    all_moments,
)
from ctdspec.metrics.metric import ORACLE_CEILING, Group, Metric
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.whitening import whitening

LOG_RATE_ERROR = 0.01
"""Standard deviation of the error with which log-rates are taken to be known: 1 % of the rate."""


def cycle_scores(train: Pair, test: Pair, weights: np.ndarray) -> dict[str, Estimate]:
    """Recover the states from the method's own rates.

    Parameters
    ----------
    train, test : Pair
        States, and the log-rates of the same answer.
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``cycle_consistency``: R² on test trials of the whitened states, each direction alike, from log-rates that
    are known to 1 %; the linear map is fitted on train trials. NaN if no state varies.
    """
    n_states = train.true.shape[2]
    states, logs = slice(0, n_states), slice(n_states, None)
    moments = all_moments(train.folds)
    whiten = whitening(moments, states, floor=0)
    read = _errors_in_rates(moments, logs, states, whiten)
    sums = TrialSums.of(whiten.series(test.true), read.series(test.inferred), test.valid)
    # What the error of the log-rates adds to the squared error, in expectation.
    noise = LOG_RATE_ERROR**2 * np.sum(read.weights**2, axis=0)
    sums.errors[:] += sums.n[:, None] * noise
    return {"cycle_consistency": pooled_r2(sums, weights)}


def _errors_in_rates(moments: Moments, logs: slice, states: slice, whiten: LinearMap) -> LinearMap:
    """Give the best linear map from log-rates with errors to the whitened states."""
    covariance, mean = moments.covariance, moments.mean
    noisy = covariance[logs, logs] + LOG_RATE_ERROR**2 * np.eye(covariance[logs, logs].shape[0])
    weights = np.linalg.solve(noisy, covariance[logs, states] @ whiten.weights)
    return LinearMap(weights, whiten(mean[states]) - mean[logs] @ weights, LOG_RATE_ERROR**2)


def _scores(case: Case) -> dict[str, Estimate]:
    train, test = case.readout_pairs
    return cycle_scores(train, test, case.weights)


CYCLE = Group(
    (
        Metric(
            id="cycle_consistency",
            version=1,
            title="Cycle consistency",
            needs=frozenset({"rates", "states"}),
            summary="Share of the inferred states' variance, every direction alike, that a linear map of the "
            "same answer's log-rates, known to 1 %, explains.",
            invariant_to="invertible affine maps of the states",
            ceiling=ORACLE_CEILING + "; states that hold only what reaches the neurons exceed it",
            fooled_by="wrong states with a faithful readout: the truth has no part in it",
        ),
    ),
    _scores,
)
"""Consistency of an answer's states with its own rates."""

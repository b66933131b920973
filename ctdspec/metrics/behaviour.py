"""Whether the states say what the system does."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.explained import TrialSums, pooled_r2
from ctdspec.metrics.lag import best_lag
from ctdspec.metrics.linear_map import fit_linear_map, moments_by_fold
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair


def behaviour_scores(train: Pair, test: Pair, bin_s: float, weights: np.ndarray) -> dict[str, Estimate]:
    """Decode outputs from states by a ridge regression, at the lag that fits best on train trials.

    Parameters
    ----------
    train, test : Pair
        True outputs, and states.
    bin_s : float
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``behaviour_r2``: R² of the outputs on test trials, pooled over outputs.
    """
    lag, margin = best_lag(train, bin_s)
    n_outputs = train.true.shape[2]
    fit, shifted = train.lagged(lag, margin), test.lagged(lag, margin)
    folds = moments_by_fold((fit.true, fit.inferred), fit.valid)
    decode = fit_linear_map(folds, slice(n_outputs, None), slice(0, n_outputs))
    sums = TrialSums.of(shifted.true, decode.series(shifted.inferred), shifted.valid)
    return {"behaviour_r2": pooled_r2(sums, weights)}


def _scores(case: Case) -> dict[str, Estimate]:
    train, test = case.pairs(lambda truth: truth.outputs, lambda answer: answer.states)
    return behaviour_scores(train, test, case.truth.bin_s, case.weights)


BEHAVIOUR = Group(
    (
        Metric(
            id="behaviour_r2",
            version=1,
            title="Behaviour decoding",
            needs=frozenset({"states", "outputs"}),
            summary="Share of the variance of the system's outputs that a linear map of the inferred states "
            "explains, at the lag that is best on train trials.",
            invariant_to="a common lag of up to 0.1 s, and invertible affine maps of the states",
            fooled_by="the outputs alone as states; junk beside them",
        ),
    ),
    _scores,
)
"""Decoding of behaviour."""

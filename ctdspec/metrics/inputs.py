"""How well the inputs of the system are recovered, by methods that were not given them."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.explained import pooled_r2
from ctdspec.metrics.lag import best_lag
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.recovery import Recovery


def input_scores(train: Pair, test: Pair, bin_s: float, weights: np.ndarray) -> dict[str, Estimate]:
    """Score inferred inputs against the true ones, at the lag that fits best on train trials.

    Parameters
    ----------
    train, test : Pair
        True inputs, and inferred ones.
    bin_s : float
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``input_recall`` and ``input_precision``, as `state_scores` has them for states.
    """
    lag, margin = best_lag(train, bin_s)
    fitted, shifted = Recovery.fit(train.lagged(lag, margin)), test.lagged(lag, margin)
    return {
        "input_recall": pooled_r2(fitted.recall(shifted), weights),
        "input_precision": pooled_r2(fitted.precision(shifted), weights),
    }


def _scores(case: Case) -> dict[str, Estimate]:
    train, test = case.pairs(lambda truth: truth.inputs, lambda answer: answer.inputs)
    return input_scores(train, test, case.truth.bin_s, case.weights)


_NEEDS: frozenset[Need] = frozenset({"inputs"})
_INVARIANT = "a common lag of up to 0.1 s, and "

INPUTS = Group(
    (
        Metric(
            id="input_recall",
            version=1,
            title="Input recall",
            needs=_NEEDS,
            summary="Share of the true inputs' variance that a linear map of the inferred inputs explains, "
            "at the lag that is best on train trials.",
            invariant_to=_INVARIANT + "invertible affine maps of the inferred inputs",
            fooled_by="the observed activity handed in as inputs; pulses a bin apart count as missed",
        ),
        Metric(
            id="input_precision",
            version=1,
            title="Input precision",
            needs=_NEEDS,
            summary="Share of the inferred inputs' variance, in coordinates without units, that a linear map "
            "of the true inputs explains, at the lag that is best on train trials.",
            invariant_to=_INVARIANT + "shifts and units of the inferred inputs",
            fooled_by="a single true input is enough",
        ),
    ),
    _scores,
)
"""Recovery of the inputs."""

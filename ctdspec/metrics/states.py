"""How well states are recovered, in both directions."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.explained import mean_r2, pooled_r2_resamples
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.recovery import Recovery, harmonic_mean

_NEEDS: frozenset[Need] = frozenset({"states"})


def state_scores(train: Pair, test: Pair, weights: np.ndarray) -> dict[str, Estimate]:
    """Score states against the true latents by linear maps fitted on train trials and scored on test trials.

    Neither direction alone can be trusted: recall is blind to states that mean nothing, precision to latents
    that are missing.

    Parameters
    ----------
    train, test : Pair
        True latents, and states.
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``state_recall``: R² of the true latents, from the states, pooled over latents. ``state_recall_pcs``: mean
    over the truth's principal components of the R² of each. ``state_precision``: R² of the states in
    coordinates without units, from the true latents; NaN if no state varies. ``state_score``: harmonic mean
    of recall and precision.
    """
    fitted = Recovery.fit(train)
    recall = pooled_r2_resamples(fitted.recall(test), weights)
    precision = pooled_r2_resamples(fitted.precision(test), weights)
    return {
        "state_score": Estimate.from_resamples(harmonic_mean(recall, precision)),
        "state_recall": Estimate.from_resamples(recall),
        "state_recall_pcs": mean_r2(fitted.component_recall(test), weights),
        "state_precision": Estimate.from_resamples(precision),
    }


def _scores(case: Case) -> dict[str, Estimate]:
    train, test = case.state_pairs
    return state_scores(train, test, case.weights)


STATES = Group(
    (
        Metric(
            id="state_score",
            version=1,
            title="State recovery",
            needs=_NEEDS,
            low=0,
            summary="Harmonic mean of state recall and precision: everything is there, and nothing else.",
            invariant_to="shifts and units of the states; rotations of them up to the standardisation",
            fooled_by="curved copies of the truth are punished although a reader could straighten them; junk "
            "below a tenth of the sd of every state",
        ),
        Metric(
            id="state_recall",
            version=1,
            title="State recall",
            needs=_NEEDS,
            summary="Share of the true latents' variance that a linear map of the inferred states explains.",
            invariant_to="invertible affine maps of the states, up to the ridge",
            fooled_by="junk beside the truth costs nothing; a leading component is most of the variance",
        ),
        Metric(
            id="state_recall_pcs",
            version=1,
            title="State recall, mean component",
            needs=_NEEDS,
            summary="Mean over the truth's principal components (99 % of its variance) of the share of each "
            "that a linear map of the inferred states explains.",
            invariant_to="invertible affine maps of the states, up to the ridge",
            fooled_by="junk beside the truth costs nothing; the last components may be noise of the system",
        ),
        Metric(
            id="state_precision",
            version=2,
            title="State precision",
            needs=_NEEDS,
            summary="Share of the inferred states' variance, in coordinates without units, that a linear map "
            "of the true latents explains.",
            invariant_to="shifts and units of the states; rotations of them up to the standardisation",
            fooled_by="a single true component is enough; junk below a tenth of the sd of every state",
        ),
    ),
    _scores,
)
"""Recovery of the states."""

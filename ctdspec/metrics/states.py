"""How well states are recovered, in both directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.explained import TrialSums, pooled_r2
from ctdspec.metrics.linear_map import LinearMap, fit_linear_map, moments_by_fold


@dataclass(frozen=True)
class StatePair:
    """True latents (trial, time, latent), inferred states (trial, time, state), valid bins (trial, time)."""

    latents: np.ndarray
    states: np.ndarray
    valid: np.ndarray


def state_scores(train: StatePair, test: StatePair, weights: np.ndarray) -> dict[str, Estimate]:
    """Score states against the true latents by linear maps fitted on train trials and scored on test trials.

    Neither direction alone can be trusted: recall is blind to states that mean nothing, precision to latents
    that are missing.

    Parameters
    ----------
    train, test : StatePair
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``state_recall``: R² of the true latents, from the states. ``state_precision``: R² of the states, from the
    true latents. Both are pooled over dimensions, weighted by their variance; NaN if no dimension varies.
    """
    n_latents = train.latents.shape[2]
    latents, states = slice(0, n_latents), slice(n_latents, None)
    folds = moments_by_fold((train.latents, train.states), train.valid)
    to_latents = fit_linear_map(folds, predictors=states, targets=latents)
    to_states = fit_linear_map(folds, predictors=latents, targets=states)
    recall = TrialSums.of(test.latents, _map(to_latents, test.states), test.valid)
    precision = TrialSums.of(test.states, _map(to_states, test.latents), test.valid)
    return {"state_recall": pooled_r2(recall, weights), "state_precision": pooled_r2(precision, weights)}


def _map(fitted: LinearMap, predictors: np.ndarray) -> np.ndarray:
    """Map trial by trial: the float64 that is needed on the way is one trial long."""
    n_targets = len(fitted.intercept)
    mapped = np.empty((*predictors.shape[:2], n_targets), np.float32)
    for trial, values in enumerate(predictors):
        mapped[trial] = fitted(values)
    return mapped

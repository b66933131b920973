"""The two affine maps between true latents and an answer's states, through which dynamics are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.linear_map import LinearMap, fit_linear_map, moments_by_fold
from ctdspec.metrics.pair import StatePair

Step = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Advances states (point, latent) by one bin under inputs (point, input), without noise: `Dynamics.step`, or
the step that an answer brings."""


@dataclass(frozen=True)
class Alignment:
    """Maps between the space of the true latents and that of an answer's states.

    Attributes
    ----------
    to_states : LinearMap
        From latents (…, latent) to states (…, state).
    to_latents : LinearMap
        From states (…, state) to latents (…, latent). Not the inverse of the other where the two spaces do
        not hold the same.
    """

    to_states: LinearMap
    to_latents: LinearMap

    @classmethod
    def fit(cls, train: StatePair) -> Alignment:
        """Fit both maps on train trials, by ridge regression as for `state_recall` and `state_precision`."""
        n_latents = train.latents.shape[2]
        latents, states = slice(0, n_latents), slice(n_latents, None)
        folds = moments_by_fold((train.latents, train.states), train.valid)
        return cls(fit_linear_map(folds, latents, states), fit_linear_map(folds, states, latents))

    @classmethod
    def identity(cls, n_latents: int) -> Alignment:
        """Give the maps that change nothing: for the true system itself."""
        same = LinearMap(np.eye(n_latents), np.zeros(n_latents), 0.0)
        return cls(same, same)

"""Two sets of series over the same bins: what is true, and what was inferred."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ctdspec.metrics.linear_map import Moments, moments_by_fold


@dataclass(frozen=True)
class Pair:
    """What is true and what was inferred, each (trial, time, column), and valid bins (trial, time)."""

    true: np.ndarray
    inferred: np.ndarray
    valid: np.ndarray

    @cached_property
    def folds(self) -> list[Moments]:
        """Moments of what is true and of what was inferred side by side, by fold of trials; computed once."""
        return moments_by_fold((self.true, self.inferred), self.valid)

    def lagged(self, lag: int, margin: int) -> Pair:
        """Give what was inferred `lag` bins later beside what is true.

        Bins within `margin` of an end of a trial are left out, so that all lags up to it are compared on the
        same bins.
        """
        n_bins = self.valid.shape[1]
        inner = slice(margin, n_bins - margin)
        valid = np.ones_like(self.valid[:, inner])
        for step in range(-margin, margin + 1):
            valid &= self.valid[:, margin + step : n_bins - margin + step]
        return Pair(self.true[:, inner], self.inferred[:, margin + lag : n_bins - margin + lag], valid)


@dataclass(frozen=True)
class StatePair:
    """True latents (trial, time, latent), inferred states (trial, time, state), valid bins (trial, time)."""

    latents: np.ndarray
    states: np.ndarray
    valid: np.ndarray

"""Gain that neurons share from trial to trial."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.modulation import Modulation


class SharedGain(Modulation):
    """One gain multiplies the rates of many neurons: gamma-distributed, of mean 1, drawn anew every trial.

    With Poisson noise, the counts of a neuron that expects μ spikes have variance μ + variance × μ², and the
    counts of two neurons covariance variance × μ₁μ₂ (Goris, Movshon & Simoncelli 2014, Nat Neurosci 17:858).
    """

    kind: Literal["shared_gain"]
    variance: float = Field(gt=0, le=4)
    """Variance of the gain over trials."""
    sharing: Literal["population", "all"]
    """Who has the same gain: `population`, the neurons of each population; `all`, the whole recording."""

    def factors(self, n_trials: int, population: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the factors (trial, neuron)."""
        shared_by = population if self.sharing == "population" else np.zeros_like(population)
        groups, group = np.unique(shared_by, return_inverse=True)
        gains = rng.gamma(1 / self.variance, self.variance, (n_trials, len(groups))).astype(np.float32)
        # A gamma gain may be smaller than float32 can tell from 0, but is never 0.
        return np.maximum(gains, np.finfo(np.float32).tiny)[:, group]

"""Neurons that are lost during a session."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ctdspec.spec.node import Node


class Dropout(Node):
    """Neurons that the electrodes lose: each between two trials, from which on it is not observed."""

    fraction: float = Field(ge=0, le=1)
    """Share of the observed neurons that are lost."""

    def observed(self, n_trials: int, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw who is lost and when; give (trial, neuron) bool. Every neuron is there for the first trial."""
        lost = rng.permutation(n_neurons) < round(self.fraction * n_neurons)
        end = np.where(lost, rng.integers(1, max(2, n_trials), n_neurons), n_trials)
        return np.arange(n_trials)[:, None] < end

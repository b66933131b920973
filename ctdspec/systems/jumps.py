"""A Markov chain at work, in steps of one time bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics


def leaving(dwell_s: Sequence[float], bin_s: float) -> np.ndarray:
    """Give the transitions (state before, state) of mean dwell times, with all others equally likely."""
    n = len(dwell_s)
    leave = bin_s / np.array(dwell_s)
    transitions = np.repeat(leave[:, None] / (n - 1), n, axis=1)
    np.fill_diagonal(transitions, 1 - leave)
    return transitions


@final
class Jumps(Dynamics):
    """States that are one-hot: with noise they jump, and without noise they are probabilities that spread."""

    def __init__(self, transitions: np.ndarray) -> None:
        self.transitions = transitions
        """(state before, state): rows sum to 1."""

    @property
    def n_latents(self) -> int:
        """One per state."""
        return len(self.transitions)

    @property
    def is_discrete(self) -> bool:
        """Yes."""
        return True

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw decides where to go."""
        return (1,)

    @property
    def stationary(self) -> np.ndarray:
        """(state,): how probable each state is in the long run."""
        n = self.n_latents
        system = np.concatenate([self.transitions.T - np.eye(n), np.ones((1, n))])
        return np.linalg.lstsq(system, np.append(np.zeros(n), 1.0), rcond=None)[0]

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw from the stationary distribution."""
        return np.eye(self.n_latents, dtype=np.float32)[_chosen(self.stationary, rng.random((n_trials, 1)))]

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Jump, or spread if there is no noise."""
        if noise is None:
            return states @ self.transitions
        from scipy.special import ndtr

        chosen = _chosen(states @ self.transitions, ndtr(noise.astype(float)))
        return np.eye(self.n_latents, dtype=np.float32)[chosen]

    def readout(self, states: Array) -> Array:
        """Give nothing."""
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the transition probabilities."""
        return {"transitions": self.transitions}


def _chosen(probabilities: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Give the state (row,) that a uniform draw (row, 1) falls on."""
    edges = np.cumsum(probabilities, axis=-1)
    return (edges[..., :-1] < uniform * edges[..., -1:]).sum(axis=-1)

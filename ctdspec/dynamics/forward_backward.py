"""What is known of discrete states from what is observed of them, exactly."""

from __future__ import annotations

import numpy as np


def forward_backward(log_likelihood: np.ndarray, first: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """Give the probabilities (trial, time, state) of a Markov chain's states given whole trials.

    By the recursions of Baum et al. (1970), scaled bin by bin (Rabiner 1989).

    Parameters
    ----------
    log_likelihood : (trial, time, state)
        Of what was observed in each bin, up to a constant per bin.
    first : (state,)
        Probabilities of the states of the first bin.
    transitions : (state before, state)
    """
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=2, keepdims=True))
    n_bins = likelihood.shape[1]
    forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
    forward[:, 0] = _shares(first * likelihood[:, 0])
    for t in range(1, n_bins):
        forward[:, t] = _shares(forward[:, t - 1] @ transitions * likelihood[:, t])
    for t in range(n_bins - 2, -1, -1):
        backward[:, t] = _shares((backward[:, t + 1] * likelihood[:, t + 1]) @ transitions.T)
    return _shares(forward * backward)


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=-1, keepdims=True)

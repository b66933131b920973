"""The judge of point processes: in time rescaled by their intensity, are spikes Poisson of rate 1?"""

from __future__ import annotations

import numpy as np
from scipy.stats import kstest, spearmanr


def rescaled(spikes: np.ndarray, increments: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Give the rescaled intervals of each neuron, standard exponential if the intensity is right.

    Brown et al. (2002), with the correction for steps of Haslinger et al. (2010): where in its last step an
    interval ends is drawn, given that it ends there. Trials are put end to end, so that only the last
    interval of a neuron is cut off, and not the long ones of every trial.

    Parameters
    ----------
    spikes : (trial, step, neuron)
        No more than one per step.
    increments : (trial, step, neuron)
        Integral of the conditional intensity over each step.
    rng
        For the correction.
    """
    n_neurons = spikes.shape[-1]
    spikes = spikes.reshape(-1, n_neurons)
    increments = increments.reshape(-1, n_neurons).astype(float)
    intervals = []
    for fired, increment in zip(spikes.T, increments.T, strict=True):
        at = np.flatnonzero(fired)
        after = np.cumsum(increment)
        into = -np.log1p(rng.random(len(at)) * np.expm1(-increment[at]))
        end = after[at] - increment[at] + into
        intervals.append(end - np.append(0.0, after[at[:-1]]))
    return intervals


def ensure_rescaled(spikes: np.ndarray, increments: np.ndarray, rng: np.random.Generator) -> None:
    """Assert that the rescaled intervals are exponential (Kolmogorov-Smirnov) and independent (rank order).

    Over 20 000 intervals, a distribution function off by 0.015 or a serial correlation of 0.04 is found with
    power > 0.99 at p = 1e-3.
    """
    intervals = rescaled(spikes, increments, rng)
    assert sum(map(len, intervals)) > 20_000
    assert kstest(np.concatenate(intervals), "expon").pvalue > 1e-3
    first = np.concatenate([each[:-1] for each in intervals])
    second = np.concatenate([each[1:] for each in intervals])
    assert spearmanr(first, second).pvalue > 1e-3

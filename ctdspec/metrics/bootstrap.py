"""How sure a score is: percentile bootstrap over trials, without a loop.

A statistic is written as a function of weighted sums over trials. Its value uses each trial once; a resample
uses each trial as often as a multinomial draw says. One matrix of weights serves every metric and every
answer, so that differences between answers are paired.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctdspec import scratch

N_RESAMPLES = 2000
COVERAGE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value and its interval.

    NaN where the value is not defined; the interval is NaN if it is not defined for every resample.
    `resamples`, where they are kept, are the values that the interval is of, in the order of the weights: the
    differences between two answers are paired.
    """

    value: float
    low: float
    high: float
    resamples: np.ndarray | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_resamples(cls, values: np.ndarray) -> Estimate:
        """Take the first entry as the value and the percentiles of the others as its interval."""
        low, high = _percentiles(values[1:])
        return cls(float(values[0]), low, high, values[1:])

    @classmethod
    def certain(cls, value: float) -> Estimate:
        """Give a value that would be the same on any other test trials: its interval has no width."""
        return cls.from_resamples(np.full(1 + N_RESAMPLES, float(value)))


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    """Give the ends of the interval of resamples; those between an infinite and a finite one are the outer.

    An infinite resample is larger, or smaller, than all others, and can be an end itself.
    """
    tail = 100 * (1 - COVERAGE) / 2
    if np.isinf(values).any():
        low = np.percentile(values, tail, method="lower")
        high = np.percentile(values, 100 - tail, method="higher")
    else:
        low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def trial_weights(n_trials: int, rng: np.random.Generator, n_resamples: int = N_RESAMPLES) -> np.ndarray:
    """Give how often each trial counts, (1 + n_resamples, trial) float64: first once each, then resampled."""
    weights = scratch.empty((1 + n_resamples, n_trials), float)
    weights[0], resamples = 1, weights[1:]
    for piece in scratch.pieces(resamples):
        n = piece.stop - piece.start
        resamples[piece] = rng.multinomial(n_trials, np.full(n_trials, 1 / n_trials), size=n)
    return weights

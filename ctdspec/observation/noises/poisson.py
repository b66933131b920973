"""Poisson spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.observation.noise import CountNoise

MOST_EXPECTED = 1000.0
"""Expected counts per bin beyond which rates are surely a mistake; far below what uint16 can hold."""

_INVERTED_BELOW = 8.0
_CACHED = 1 << 16


class Poisson(CountNoise):
    """Independent Poisson counts: the variance equals the mean."""

    kind: Literal["poisson"]

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse means that are surely a mistake."""
        if not mean_hz.max() * bin_s <= MOST_EXPECTED:
            raise ValueError(too_many_spikes(float(mean_hz.max()) * bin_s))

    def counts(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts.

        Raises
        ------
        UsageError
            If some bin expects more than `MOST_EXPECTED` spikes.
        """
        if expected.size and not expected.max() <= MOST_EXPECTED:
            raise UsageError(too_many_spikes(float(expected.max())))
        return poisson_counts(expected, rng)


def too_many_spikes(most: float) -> str:
    """Say that a bin expects more spikes than any recording could hold."""
    return (
        f"observation.rates: some bin expects {most:.3g} spikes, more than {MOST_EXPECTED:g}; lower the mean"
        " or the gain of observation.rates"
    )


def poisson_counts(expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw Poisson counts, uint16, of the given means.

    NumPy draws one count after the other; at the few spikes per bin of neurons it is two to three times as
    fast to invert the distribution function for a cacheful of bins at once. Large means are left to NumPy.
    """
    flat = expected.reshape(-1)
    counts = np.empty(len(flat), np.uint16)
    for start in range(0, len(flat), _CACHED):
        block = slice(start, start + _CACHED)
        counts[block] = _inverted(flat[block].astype(np.float64), rng)
    large = np.flatnonzero(flat >= _INVERTED_BELOW)
    counts[large] = rng.poisson(flat[large])
    return counts.reshape(expected.shape)


def _inverted(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give the least count whose distribution function exceeds a uniform draw (for means below 8)."""
    counts = np.zeros(len(mean), np.uint16)
    above = rng.random(len(mean))
    term = np.exp(-mean)  # probability of a count of k; `above` is what is left of the draw after it
    above -= term
    for k in (1, 2, 3):
        counts += above > 0
        term *= mean
        term /= k
        above -= term
    # A term below the resolution of the draw cannot decide it.
    left = np.flatnonzero((above > 0) & (mean < _INVERTED_BELOW))
    above, term, mean = above[left], term[left], mean[left]
    while len(left):
        k += 1
        counts[left] += 1
        term = term * mean / k
        above = above - term
        keep = (above > 0) & (term > 2.0**-60)
        left, above, term, mean = left[keep], above[keep], term[keep], mean[keep]
    return counts

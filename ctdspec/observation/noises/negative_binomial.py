"""Over-dispersed spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.errors import UsageError
from ctdspec.observation.noise import CountNoise
from ctdspec.observation.noises.poisson import MOST_EXPECTED, poisson_counts, too_many_spikes

_CLUSTERED_BELOW = 1.0
_CACHED = 1 << 16


class NegativeBinomial(CountNoise):
    """Independent over-dispersed counts: the variance is `fano` times the mean, whatever the mean.

    The law is the negative binomial of size μ/(fano − 1), where μ is the expected count: a Poisson law whose
    rate is gamma-distributed with the same Fano factor in every bin. For excess variability that all neurons
    share, and that grows with the square of the rate, take the modulation `shared_gain` instead.
    """

    kind: Literal["negative_binomial"]
    fano: float = Field(gt=1, le=100)
    """Fano factor, the variance of the count in a bin divided by its mean, given the rate."""

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse means, and a declared peak, that are surely a mistake."""
        most = max(float(mean_hz.max()), peak_hz or 0.0) * bin_s
        if not most <= MOST_EXPECTED:
            raise ValueError(too_many_spikes(most))

    def counts(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts.

        Raises
        ------
        UsageError
            If some bin expects more than `MOST_EXPECTED` spikes.
        """
        if expected.size and not expected.max() <= MOST_EXPECTED:
            raise UsageError(too_many_spikes(float(expected.max())))
        flat = expected.reshape(-1)
        counts = np.empty(len(flat), np.uint16)
        for start in range(0, len(flat), _CACHED):
            block = slice(start, start + _CACHED)
            counts[block] = self._counts(flat[block].astype(np.float64), rng)
        return counts.reshape(expected.shape)

    def _counts(self, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw counts (bin,): of few clusters by the clusters, which is faster; of many by NumPy."""
        n_clusters = mean * (np.log(self.fano) / (self.fano - 1))
        few = n_clusters < _CLUSTERED_BELOW
        counts = _clustered(np.where(few, n_clusters, 0.0), 1 - 1 / self.fano, rng)
        many = np.flatnonzero(~few)
        counts[many] = rng.negative_binomial(mean[many] / (self.fano - 1), 1 / self.fano)
        return counts


def _clustered(n_clusters: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """Draw counts (bin,) that are a Poisson number of clusters, each of logarithmic size with parameter `p`.

    They are exactly negative binomial (Quenouille 1949, Biometrics 5:162).
    """
    clusters = poisson_counts(n_clusters, rng)
    occupied = np.flatnonzero(clusters)
    counts = np.zeros(len(clusters), np.int64)
    if len(occupied):
        ends = np.cumsum(clusters[occupied], dtype=np.int64)
        sizes = rng.logseries(p, ends[-1])
        counts[occupied] = np.add.reduceat(sizes, np.concatenate([[0], ends[:-1]]))
    return counts

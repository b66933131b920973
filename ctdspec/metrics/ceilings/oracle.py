"""What the true rates are worth in bits per spike: on average over spikes, and on the very spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.bits import SpikeSums


@dataclass(frozen=True)
class OracleBits:
    """Bits per spike of the true rates over a constant rate, as spikes are drawn again and again.

    Attributes
    ----------
    mean, sd : float
        Expected value and standard deviation over draws of Poisson spikes; NaN if no spike is expected.
    """

    mean: float
    sd: float


def expected_bits(rates_hz: np.ndarray, seen: np.ndarray, bin_s: float) -> OracleBits:
    """Give what the true rates reach, in closed form, if spikes are Poisson.

    With r the expected count of a bin and q its mean over the neuron's seen bins, the mean is
    ``Σ r log₂(r / q) / Σ r``: a relative entropy. The variance is that of the score linearised in the counts,
    ``Σ r (log₂(r / q) − mean)² / (Σ r)²``. Left out are terms of the order of neurons / spikes, by which a
    null that is fitted to the scored spikes gains.

    Parameters
    ----------
    rates_hz : (trial, time, neuron)
    seen : (trial, time, neuron or 1) bool
    bin_s : float
    """
    expected = np.where(seen, rates_hz.astype(float) * bin_s, 0)
    null = expected.sum(axis=(0, 1)) / np.maximum(seen.sum(axis=(0, 1)), 1)
    share = np.divide(expected, null, out=np.ones_like(expected), where=expected > 0)
    total = expected.sum()
    if not total > 0:
        return OracleBits(float("nan"), float("nan"))
    bits = np.log2(share)
    mean = (expected * bits).sum() / total
    variance = (expected * (bits - mean) ** 2).sum() / total**2
    return OracleBits(float(mean), float(np.sqrt(variance)))


def reached_bits(rates_hz: np.ndarray, spikes: np.ndarray, seen: np.ndarray, bin_s: float) -> float:
    """Give the bits per spike of rates (trial, time, neuron) on the very spikes; NaN without spikes."""
    sums = SpikeSums.of(spikes, rates_hz, seen, bin_s)
    return float(sums.bits_per_spike(np.ones((1, len(spikes))))[0])

"""Co-smoothing: what inferred rates know about the spikes of neurons that the method did not see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.bootstrap import Estimate

FLOOR_PER_BIN = 1e-9
"""Expected counts are clipped below at this, as in the Neural Latents Benchmark, so that one spike where a
rate is zero costs 30 bits and not infinitely many."""


@dataclass(frozen=True)
class SpikeSums:
    """What bits per spike need of each trial.

    Attributes
    ----------
    log_likelihood : (trial,) float64
        Poisson log-likelihood in nats, without the term of the counts alone, which cancels.
    spikes : (trial, neuron) float64
        Number of spikes.
    n : (trial, neuron or 1) float64
        Bins in which they were counted.
    """

    log_likelihood: np.ndarray
    spikes: np.ndarray
    n: np.ndarray

    @classmethod
    def of(cls, spikes: np.ndarray, rates_hz: np.ndarray, seen: np.ndarray, bin_s: float) -> SpikeSums:
        """Sum arrays (trial, time, neuron) over the bins that are seen (trial, time, neuron or 1)."""
        expected = np.maximum(rates_hz.astype(float) * bin_s, FLOOR_PER_BIN)
        nats = np.where(seen, spikes * np.log(expected) - expected, 0)
        counts = np.where(seen, spikes, 0).sum(axis=1, dtype=float)
        return cls(nats.sum(axis=(1, 2)), counts, seen.sum(axis=1, dtype=float))

    def bits_per_spike(self, weights: np.ndarray) -> np.ndarray:
        """Give (LL of the rates - LL of a constant rate) / (spikes ln 2) of each resample.

        The constant rate of a neuron is the mean of the very spikes that are scored, so it is the best of all
        constants. NaN where there is no spike.
        """
        counts = weights @ self.spikes
        n = weights @ self.n
        with np.errstate(divide="ignore", invalid="ignore"):
            null = np.where(counts > 0, counts * np.log(counts / n) - counts, 0).sum(axis=1)
            nats_per_spike = (weights @ self.log_likelihood - null) / counts.sum(axis=1)
        return np.where(counts.any(axis=1), nats_per_spike / np.log(2), np.nan)


def bit_scores(
    spikes: np.ndarray,
    rates_hz: np.ndarray,
    true_hz: np.ndarray,
    seen: np.ndarray,
    bin_s: float,
    weights: np.ndarray,
) -> dict[str, Estimate]:
    """Score rates by the Poisson likelihood of spikes that the method did not see (Pei et al. 2021, NLB).

    Parameters
    ----------
    spikes : (trial, time, held-out neuron)
        Counts per bin.
    rates_hz, true_hz : (trial, time, held-out neuron)
        Inferred and true rates in Hz; the expected count of a bin is ``rate × bin_s``.
    seen : (trial, time, held-out neuron or 1) bool
        Bins in which a neuron's spikes were recorded.
    weights : (1 + resample, trial)
        From `trial_weights`.

    Returns
    -------
    ``co_bps``: bits per spike over a constant rate. ``co_bps_share``: the same divided by what the true rates
    reach on the same spikes and in the same resample; NaN where they reach nothing.
    """
    bits = SpikeSums.of(spikes, rates_hz, seen, bin_s).bits_per_spike(weights)
    oracle = SpikeSums.of(spikes, true_hz, seen, bin_s).bits_per_spike(weights)
    share = np.divide(bits, oracle, out=np.full_like(bits, np.nan), where=oracle > 0)
    return {"co_bps": Estimate.from_resamples(bits), "co_bps_share": Estimate.from_resamples(share)}

"""Bernoulli spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.observation.noise import CountNoise

# A rate in float32, times the bin, may end a rounding above the one it was meant to be.
_MOST = 1 + 2.0**-20
_CACHED = 1 << 16


class Bernoulli(CountNoise):
    """At most one spike per bin, with probability rate × bin: variance p(1 − p), Fano factor 1 − p.

    It is the usual reading of spike trains in fine bins, where two spikes cannot share one.
    """

    kind: Literal["bernoulli"]

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse means, and a declared peak, above one spike per bin."""
        most = max(float(mean_hz.max()), peak_hz or 0.0) * bin_s
        if not most <= _MOST:
            raise ValueError(_too_many(most))

    def counts(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts, 0 or 1.

        Raises
        ------
        UsageError
            If some bin expects more than one spike.
        """
        if expected.size and not expected.max() <= _MOST:
            raise UsageError(_too_many(float(expected.max())))
        flat = expected.reshape(-1)
        counts = np.empty(len(flat), np.uint16)
        for start in range(0, len(flat), _CACHED):
            block = flat[start : start + _CACHED]
            counts[start : start + _CACHED] = rng.random(len(block)) < block
        return counts.reshape(expected.shape)


def _too_many(most: float) -> str:
    return (
        f"observation.rates: some bin expects {most:.3g} spikes, and observation.noise of kind bernoulli"
        " allows at most 1 per bin; lower the mean or the gain of observation.rates, shorten task.bin_s, or"
        " take another kind of noise"
    )

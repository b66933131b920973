"""Under-dispersed spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.errors import UsageError
from ctdspec.observation.noise import CountNoise
from ctdspec.observation.noises._tabulated import MOST_EXPECTED, least_fano, tabulate

_CACHED = 1 << 16
# Rates are float32; what a rounding puts below the limit is drawn as on it.
_ROUNDING = 1e-5


class ConwayMaxwellPoisson(CountNoise):
    """Independent under-dispersed counts: variance `fano` times the mean, wherever whole numbers allow that.

    The law is that of Conway and Maxwell, p(k) ∝ λ^k / (k!)^ν, with the λ and ν that give the mean and the
    Fano factor. It is solved on a fine grid of means; a bin between two of them has either law, by chance, so
    that its mean is exact and its Fano factor too large by at most 0.1 %.

    Counts are whole numbers, so no law of mean μ = n + f, n whole and 0 ≤ f < 1, has a Fano factor below
    f(1 − f)/μ: (k − n)(k − n − 1) ≥ 0 for every whole k, and its expectation is variance − f(1 − f). So a bin
    that expects less than 1 − `fano` spikes cannot have that Fano factor: this law is for wide bins, or high
    rates.
    """

    kind: Literal["conway_maxwell_poisson"]
    fano: float = Field(ge=0.01, le=0.99)
    """Fano factor, the variance of the count in a bin divided by its mean, given the rate."""
    below_limit: Literal["refuse", "least"]
    """What becomes of bins whose expected count μ = n + f allows no such Fano factor. `refuse`: an error.
    `least`: they get n spikes, and one more with probability f, which is the least possible variance; their
    Fano factor is then f(1 − f)/μ, above the one asked for."""

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse means that are too high, or, unless `below_limit` is ``least``, have no such Fano factor."""
        most = max(float(mean_hz.max()), peak_hz or 0.0) * bin_s
        if not most <= MOST_EXPECTED:
            raise ValueError(_too_many(most))
        if problem := self._below_limit(mean_hz * bin_s, "a neuron's mean"):
            raise ValueError(problem)

    def counts(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts.

        Raises
        ------
        UsageError
            If some bin expects more than `MOST_EXPECTED` spikes, or, unless `below_limit` is ``least``, so
            many that no law of whole numbers has this Fano factor.
        """
        most = float(expected.max(initial=0.0))
        if not most <= MOST_EXPECTED:
            raise UsageError(_too_many(most))
        table = tabulate(self.fano, 1 << int(most).bit_length())
        flat = expected.reshape(-1)
        counts = np.empty(len(flat), np.uint16)
        for start in range(0, len(flat), _CACHED):
            block = slice(start, start + _CACHED)
            mean = flat[block].astype(np.float64)
            if problem := self._below_limit(mean, "the expected count of a bin"):
                raise UsageError(problem)
            counts[block] = table.draw(mean, rng)
        return counts.reshape(expected.shape)

    def _below_limit(self, mean: np.ndarray, whose: str) -> str:
        """Say which mean is the furthest below the limit; nothing if none is, or if that is allowed."""
        if self.below_limit == "least" or not mean.size:
            return ""
        limit = least_fano(mean)
        worst = int(limit.argmax())
        if limit[worst] <= self.fano + _ROUNDING:
            return ""
        return (
            f"observation.noise: {whose}, {mean[worst]:.4g} spikes, allows no Fano factor below"
            f" {limit[worst]:.4g} (found fano: {self.fano:g}), because counts are whole numbers; raise fano,"
            " lengthen task.bin_s, raise the mean or lower the gain of observation.rates, or set below_limit"
            " to least"
        )


def _too_many(most: float) -> str:
    return (
        f"observation.rates: some bin expects {most:.3g} spikes, and observation.noise of kind"
        f" conway_maxwell_poisson allows at most {MOST_EXPECTED}; lower the mean or the gain of"
        " observation.rates, or shorten task.bin_s"
    )

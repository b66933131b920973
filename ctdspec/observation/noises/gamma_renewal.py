"""Renewal spikes, more regular or more bursty than Poisson."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.noises.poisson import MOST_EXPECTED
from ctdspec.observation.point_process import PointProcess, Trains

_SHORTEST, _LONGEST, _LOG_SPACING = 1e-12, 1e3, 0.005
_LEAST_SURVIVAL = 1e-30


class GammaRenewal(PointProcess):
    """A renewal process with gamma intervals, in time rescaled by the rate.

    The integral of the rate is the clock on which intervals are independent gamma variables of mean 1. The
    process is in equilibrium at the start of a trial, so the mean count of every bin is the integral
    of its rate. Over long windows the Fano factor is 1 / `order` (Cox 1962).
    """

    kind: Literal["gamma_renewal"]
    order: float = Field(ge=0.5, le=20)
    """Shape of the gamma law: 1 is Poisson, more is more regular, less is bursty."""

    def highest_hz(self, bin_s: float) -> float:
        """Give the rate beyond which rates are surely a mistake."""
        return MOST_EXPECTED / bin_s

    def trains(
        self,
        first_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> GammaTrains:
        """Give trains in equilibrium."""
        return GammaTrains(self, first_hz.size, rng)


class GammaTrains(Trains):
    """Trains with the operational time since the last spike and until the next.

    The compensator grows by H(end) − H(start) between spikes, H = −log(survival of an interval); of the first
    spike, the survival is that of the forward recurrence time.
    """

    def __init__(self, law: GammaRenewal, n_trains: int, rng: np.random.Generator) -> None:
        self._order, self._step_s, self._rng = law.order, law.step_s, rng
        # The interval that a random moment falls into is drawn with its length as weight.
        interval = rng.standard_gamma(law.order + 1, n_trains) / law.order
        self._until = interval * rng.random(n_trains)
        self._since = np.zeros(n_trains)
        self._first = np.ones(n_trains, bool)
        self._cumulated = self._minus_log_survival(self._since, self._first)

    def advance(self, rates_hz: np.ndarray, spikes: np.ndarray) -> np.ndarray:
        """Advance by one bin."""
        passed = rates_hz.astype(np.float64).reshape(-1) * self._step_s
        grown = -self._cumulated
        for step in range(spikes.shape[1]):
            self._since += passed
            self._until -= passed
            counts = self._fire(grown)
            if counts is not None:
                spikes[:, step] = counts.reshape(rates_hz.shape)
        self._cumulated = self._minus_log_survival(self._since, self._first)
        grown += self._cumulated
        return grown.reshape(rates_hz.shape)

    def _fire(self, grown: np.ndarray) -> np.ndarray | None:
        """Give the counts (train,) of a step, if there is any; add H of the intervals that end in it."""
        firing = np.flatnonzero(self._until < 0)
        counts = np.zeros(len(grown), np.uint16) if len(firing) else None
        while counts is not None and len(firing):
            counts[firing] += 1
            late = -self._until[firing]
            interval = self._since[firing] - late
            grown[firing] += self._minus_log_survival(interval, self._first[firing])
            self._first[firing] = False
            self._since[firing] = late
            self._until[firing] = self._rng.standard_gamma(self._order, len(firing)) / self._order - late
            firing = firing[self._until[firing] < 0]
        return counts

    def _minus_log_survival(self, interval: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Give H of intervals (any shape), of first spikes where `first`."""
        later, earliest = log_minus_log_survival(self._order)
        at = (np.log(np.maximum(interval, _SHORTEST)) - np.log(_SHORTEST)) / _LOG_SPACING
        log_h = _read(later, at)
        early = np.flatnonzero(first)
        if len(early):
            log_h[early] = _read(earliest, at[early])
        return np.exp(log_h, out=log_h)


@lru_cache(maxsize=16)
def log_minus_log_survival(order: float) -> tuple[np.ndarray, np.ndarray]:
    """Give log H of intervals, and of forward recurrence times, at evenly spaced logarithms of them.

    Both ends are close to straight lines: read between these points, H is right to 1e-4. The last point is
    an interval whose survival is 1e-30.
    """
    from scipy.special import gammainc, gammaincc

    log_interval = np.arange(np.log(_SHORTEST), np.log(_LONGEST), _LOG_SPACING)
    x = np.exp(log_interval)
    survival, over = gammaincc(order, order * x), gammainc(order, order * x)
    # The forward recurrence time has the survival function as its density.
    first_survival = gammaincc(order + 1, order * x) - x * survival
    first_over = gammainc(order + 1, order * x) + x * survival
    n = int(np.argmax(np.append(survival, 0) < _LEAST_SURVIVAL))
    log_h = [
        np.log(np.where(f < 0.5, -np.log1p(-np.minimum(f, 0.5)), -np.log(s)))
        for s, f in ((survival[:n], over[:n]), (first_survival[:n], first_over[:n]))
    ]
    return log_h[0], log_h[1]


def _read(table: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Read a table at places between its points, or on the straight line beyond its end."""
    point = np.minimum(at.astype(np.intp), len(table) - 2)
    below = table[point]
    return below + (at - point) * (table[point + 1] - below)

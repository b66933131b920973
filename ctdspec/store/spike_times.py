"""Spike times that hold exactly the sampled counts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.store.fired import Fired

_CLOCK_BITS = 16
_MIN_TICKS = 64
_BLOCK_BINS = 1 << 16
_EXACT_TICKS = 1 << 45


@dataclass(frozen=True)
class Clock:
    """A dyadic clock: every time is a whole number of ticks of 2**-bits s, so it is an exact float.

    Inside a bin, spikes use only ticks that are at least a quarter tick clear of both edges. So no rounding
    of an edge, here or in a reader's program, moves a spike into another bin.
    """

    bin_s: float
    """Length of a bin in seconds."""
    bits: int
    """The tick is 2**-bits s."""

    @classmethod
    def of(cls, bin_s: float) -> Clock:
        """Give the clock of a bin length: 2**-16 s, or finer where that leaves a bin under 64 ticks."""
        bits = _CLOCK_BITS
        while cls(bin_s, bits).ticks_per_bin < _MIN_TICKS:
            bits += 1
        return cls(bin_s, bits)

    @property
    def tick_s(self) -> float:
        """Length of a tick in seconds: the resolution of the spike times."""
        return 2.0**-self.bits

    @property
    def ticks_per_bin(self) -> int:
        """Ticks that spikes may use in every bin, wherever the bin lies on the clock."""
        return int(np.floor(self.bin_s / self.tick_s - 0.5))

    def first_ticks(self, bins: np.ndarray) -> np.ndarray:
        """Give the first usable tick, int64, of bins, which are counted from the file's start."""
        return np.ceil(bins * self.bin_s / self.tick_s + 0.25).astype(np.int64)


def spike_times(fired: Fired, clock: Clock, rng: np.random.Generator) -> np.ndarray:
    """Give the spike times of one unit.

    Parameters
    ----------
    fired
        Its spikes per bin, or per step of a bin. Trials are back to back: bin ``t`` of trial ``i`` is the
        clock's bin ``i * time + t``.
    clock
        The clock of these bins or steps.
    rng
        The stream of this unit.

    Returns
    -------
    (spike,) float64
        Times in s, strictly increasing. Counting them in bins of `clock.bin_s` gives the counts back. Inside
        a bin they are spread evenly and at random; spikes of different bins are independent.

    Raises
    ------
    DatasetError
        If a bin has more spikes than ticks, or the recording is too long for exact times.
    """
    _ensure_fits(fired, clock)
    times = np.empty(fired.n_spikes)
    bounds = np.searchsorted(fired.bins, np.arange(0, fired.n_bins + _BLOCK_BINS, _BLOCK_BINS))
    end = 0
    for start, stop in pairwise(bounds):
        first = clock.first_ticks(fired.bins[start:stop])
        ticks = _ticks(fired.counts[start:stop].astype(np.int64), clock.ticks_per_bin, first, rng)
        np.multiply(ticks, clock.tick_s, out=times[end : end + len(ticks)])
        end += len(ticks)
    return times


def _ticks(n_spikes: np.ndarray, usable: int, first: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give distinct ticks, ascending: n sorted draws from the first `usable` - n + 1 ticks, plus 0 … n - 1.

    The rank within the bin is the rank within the block less the number of spikes before the bin; taking
    that number off before the sort keeps the bins in order, and saves a pass per spike after it.
    """
    before = np.cumsum(n_spikes) - n_spikes
    ticks = _each(first - before, before, int(n_spikes.sum()))
    choices = _each(usable + 1 - n_spikes, before, len(ticks))
    draws = rng.integers(0, 1 << 32, len(ticks), np.uint32)
    choices *= draws
    choices >>= 32
    ticks += choices
    ticks.sort()
    ticks += np.arange(len(ticks))
    return ticks


def _each(values: np.ndarray, starts: np.ndarray, n: int) -> np.ndarray:
    """Give the value of its bin to each of n spikes: np.repeat, but several times faster for few repeats."""
    steps = np.zeros(n, np.int64)
    steps[starts] = np.diff(values, prepend=0)
    return np.cumsum(steps, out=steps)


def _ensure_fits(fired: Fired, clock: Clock) -> None:
    most = int(fired.counts.max(initial=0))
    if most > clock.ticks_per_bin:
        raise DatasetError(
            f"spikes: {most} spikes of one neuron in one bin of {clock.bin_s:g} s, which has room for"
            f" {clock.ticks_per_bin} distinct times; lower the rates or declare longer bins"
        )
    if fired.n_bins * clock.bin_s / clock.tick_s > _EXACT_TICKS:
        raise DatasetError(
            f"spikes: {fired.n_bins} bins of {clock.bin_s:g} s are too long for exact spike times with a"
            f" resolution of {clock.tick_s:g} s; declare fewer trials or longer bins"
        )

"""The spikes of one neuron as they arrive: in which bins it fired, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fired:
    """The bins of a recording in which a neuron fired: memory goes with its spikes, not with the recording.

    Attributes
    ----------
    bins : (fired,) int64
        Numbers of the bins, or steps, ascending.
    counts : (fired,) uint16
        Spikes in each; none is 0.
    n_bins
        All bins of the recording.
    """

    bins: np.ndarray
    counts: np.ndarray
    n_bins: int

    @classmethod
    def of(cls, counts: np.ndarray) -> Fired:
        """Give the same as counts say: (trial, time) or (trial × time,) uint16, trials back to back."""
        flat = counts.reshape(-1)
        bins = np.flatnonzero(flat)
        return cls(bins, flat[bins], len(flat))

    @property
    def n_spikes(self) -> int:
        """All spikes."""
        return int(self.counts.sum(dtype=np.int64))

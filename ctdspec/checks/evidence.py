"""What the values of an answer are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ctdspec import scratch
from ctdspec.submissions.answer import Answer

if TYPE_CHECKING:
    from ctdspec.store.recording import Recording

MAX_BLOCKS = 25
"""Most blocks of time that a trial is cut into where order is looked at."""


@dataclass(frozen=True)
class Hidden:
    """What the organiser alone has of the held-out neurons in the test trials.

    Attributes
    ----------
    spikes : (trial, time, held-out neuron) unsigned integer
        Counts per bin.
    rates_hz : (trial, time, held-out neuron) float32
        The rates that made them.
    seen : (trial, time, held-out neuron or 1) bool
        Bins in which a neuron was recorded.
    """

    spikes: np.ndarray
    rates_hz: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """An answer, what anyone can see of the dataset, and what is hidden where the organiser looks.

    Attributes
    ----------
    answer : Answer
        Arrays of the right shapes, with finite values.
    recording : Recording
    hidden : Hidden, optional
        None where a participant looks, and where signals were recorded instead of spikes.
    """

    answer: Answer
    recording: Recording
    hidden: Hidden | None

    @property
    def rates_hz(self) -> np.ndarray | None:
        """(trial, time, neuron): the answered rates of the test trials."""
        split = self.answer.splits.get("test")
        return None if split is None else split.rates_hz

    @cached_property
    def held_in_hz(self) -> np.ndarray | None:
        """(trial, time, held-in neuron): the same of the neurons whose spikes anyone can see."""
        return None if self.rates_hz is None else scratch.columns(self.rates_hz, self.recording.held_in)

    @property
    def spikes(self) -> np.ndarray | None:
        """(trial, time, held-in neuron): counts of the test trials; None if signals were recorded."""
        return self.recording.splits["test"].counts

    @property
    def valid(self) -> np.ndarray:
        """(trial, time) bool: bins of the test trials that belong to them."""
        return self.recording.splits["test"].valid

    @cached_property
    def seen(self) -> np.ndarray:
        """(trial, time, held-in neuron) bool: bins of the test trials in which a neuron was recorded."""
        return np.broadcast_to(self.recording.held_in_seen("test"), (*self.valid.shape, self._n_held_in))

    @property
    def seen_by_all(self) -> bool:
        """Whether all held-in neurons were recorded in the same bins."""
        return bool((self.seen == self.seen[..., :1]).all())

    @property
    def _n_held_in(self) -> int:
        return int(self.recording.held_in.sum())

    @cached_property
    def measured_hz(self) -> np.ndarray:
        """(held-in neuron,): mean rates of the test spikes; NaN under 20 spikes, where they say little."""
        assert self.spikes is not None, "asked for only where there are spikes"
        n = self.in_blocks(self.spikes, self.seen).sum(axis=(0, 1))
        seconds = self.seen.sum(axis=(0, 1)) * self.recording.bin_s
        return np.divide(n, seconds, out=np.full(len(n), np.nan), where=n >= 20)

    def mean_of(self, held_in: np.ndarray) -> np.ndarray:
        """Give means (held-in neuron,) over the bins in which each neuron was recorded."""
        return np.einsum("ktn,ktn->n", held_in, self.seen) / np.maximum(self.seen.sum(axis=(0, 1)), 1)

    def in_blocks(self, array: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Sum an array (trial, time, neuron) over blocks of time, where it is seen.

        Returns
        -------
        (trial, block, neuron) float64
        """
        starts = np.unique(np.linspace(0, array.shape[1], MAX_BLOCKS + 1).astype(int)[:-1])
        found = scratch.empty((len(array), len(starts), array.shape[2]), float)
        for piece in scratch.pieces(array):
            found[piece] = np.add.reduceat(
                np.where(seen[piece], array[piece], 0), starts, axis=1, dtype=float
            )
        return found

"""What an imported answer must fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec.submissions.expected import Expected


@dataclass(frozen=True)
class Target:
    """The dataset that an answer is imported for, as far as anyone may know it.

    Attributes
    ----------
    expected
        What an answer to it must look like.
    bin_s : float
        Length of a bin in seconds.
    held_out : (neuron,) bool
        Which neurons the test split lacks.
    held_in_spikes : mapping of (trial, time, held-in neuron)
        Counts per bin of each split; empty for a recording of signals.
    whole : mapping of (trial, time) bool
        The bins of the trials of each split.
    n_forward : int
        Bins at the end of each test trial that were not recorded.
    """

    expected: Expected
    bin_s: float
    held_out: np.ndarray
    held_in_spikes: Mapping[str, np.ndarray]
    whole: Mapping[str, np.ndarray]
    n_forward: int = 0

    def rates_hz(self, held_in: np.ndarray, held_out: np.ndarray) -> np.ndarray:
        """Give rates in Hz, neurons in the order of their ids, of expected counts per bin of the two groups.

        Shapes are (trial, time, held-in neuron), (trial, time, held-out neuron) and (trial, time, neuron).
        """
        rates_hz = np.empty((*held_in.shape[:2], len(self.held_out)), np.float32)
        rates_hz[..., ~self.held_out] = held_in / np.float32(self.bin_s)
        rates_hz[..., self.held_out] = held_out / np.float32(self.bin_s)
        return rates_hz

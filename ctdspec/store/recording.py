"""What an experimenter sees of a dataset: the opened NWB pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SplitRecording:
    """The trials of one split.

    Attributes
    ----------
    spikes : (trial, time, neuron) uint16
        Counts per bin. All neurons in the train and validation splits; in the test split, held-in ones only.
    stimulus : (trial, time, input) float32
        What the experimenter presented.
    valid : (trial, time) bool
        Bins that belong to the trial.
    """

    spikes: np.ndarray
    stimulus: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Recording:
    """The public part of a dataset."""

    dataset: str
    """Digest of the dataset."""
    bin_s: float
    held_out: np.ndarray
    """(neuron,) bool: which neurons are missing from the test split."""
    splits: Mapping[str, SplitRecording]

    @property
    def held_in(self) -> np.ndarray:
        """(neuron,) bool: which neurons are seen in every split."""
        return ~self.held_out

    def held_in_spikes(self, split: str) -> np.ndarray:
        """Give the counts (trial, time, held-in neuron) of a split."""
        spikes = self.splits[split].spikes
        return spikes if split == "test" else spikes[..., self.held_in]

    def held_out_spikes(self, split: str) -> np.ndarray:
        """Give the counts (trial, time, held-out neuron) of the train or the validation split."""
        return self.splits[split].spikes[..., self.held_out]

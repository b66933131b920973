"""What an experimenter sees of a dataset: the opened NWB pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder


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


def open_recording(source: str | Path | tuple[str | Path, str | Path]) -> Recording:
    """Read what an experimenter sees, from nothing but the two NWB files.

    Parameters
    ----------
    source
        The folder of a dataset, or the paths of its train and its test file.

    Raises
    ------
    DatasetError
        If a file is missing, damaged, or not of a dataset that ctdspec wrote, or if the two do not belong
        together.
    """
    from ctdspec.store.nwb_part import read_part

    if isinstance(source, tuple):
        paths = (Path(source[0]), Path(source[1]))
    else:
        folder = DatasetFolder(Path(source))
        paths = (folder.nwb_train, folder.nwb_test)
    train, test = (read_part(path) for path in paths)
    if (train.part, test.part) != ("train", "test"):
        raise DatasetError(
            f"{paths[0]}, {paths[1]}: expected the train and the test file of a dataset, found the"
            f" {train.part} and the {test.part} file; give them in this order"
        )
    if (train.dataset, train.bin_s) != (test.dataset, test.bin_s):
        raise DatasetError(
            f"{paths[1]}: found a file of dataset {test.dataset[:12]}, but {paths[0].name} is of"
            f" {train.dataset[:12]}; take both files from one dataset"
        )
    if test.spikes.shape[2] != (~train.held_out).sum():
        raise DatasetError(
            f"{paths[1]}: expected the {(~train.held_out).sum()} held-in units of {paths[0].name}, found"
            f" {test.spikes.shape[2]}; build the dataset again"
        )
    return Recording(
        dataset=train.dataset,
        bin_s=train.bin_s,
        held_out=train.held_out,
        splits={"train": train.split("train"), "val": train.split("val"), "test": test.split("test")},
    )

"""One NWB file of a dataset, read back into bins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.store.hdf5 import array_at, dataset_at
from ctdspec.store.nwb_structure import CHUNK_SPIKES, STIMULUS
from ctdspec.store.recording import SplitRecording

if TYPE_CHECKING:
    import h5py

# Two chunks of spike times: a chunk that two units share is decompressed once.
_CACHE_BYTES = 2 * 8 * CHUNK_SPIKES
_NOTES = {"dataset": str, "part": str, "bin_s": float, "bins_per_trial": int}


@dataclass(frozen=True)
class NwbPart:
    """What one file says.

    Attributes
    ----------
    dataset, part, bin_s
        Digest of the dataset; ``train`` or ``test``; length of a bin in seconds.
    held_out : (neuron,) bool
        Which units of the file are held out.
    trial_split : (trial,) str
        Split of each trial.
    spikes : (trial, time, neuron) uint16
    stimulus : (trial, time, input) float32
    valid : (trial, time) bool
    """

    dataset: str
    part: str
    bin_s: float
    held_out: np.ndarray
    trial_split: np.ndarray
    spikes: np.ndarray
    stimulus: np.ndarray
    valid: np.ndarray

    def split(self, name: str) -> SplitRecording:
        """Give the trials of one split, in their order."""
        trials = self.trial_split == name
        return SplitRecording(self.spikes[trials], self.stimulus[trials], self.valid[trials])


def read_part(path: Path) -> NwbPart:
    """Read one file of the pair.

    The file is read as HDF5. So a schema that is cached in a foreign file is never loaded.

    Raises
    ------
    DatasetError
        If the file is missing, damaged, or not one that ctdspec wrote.
    """
    import h5py

    try:
        with h5py.File(path, "r", rdcc_nbytes=_CACHE_BYTES) as file:
            return _part(file, _notes(file))
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, RuntimeError) as error:
        raise DatasetError(
            f"{path}: expected an NWB file of a ctdspec dataset, found a file that is missing, damaged or of"
            f" another origin ({error}); build the dataset again, or fetch it again"
        ) from error


def _notes(file: h5py.File) -> dict[str, Any]:
    notes = json.loads(array_at(file, "general/notes").item())
    for name, kind in _NOTES.items():
        if not isinstance(notes[name], kind):
            raise ValueError(f"general/notes: {name} is {notes[name]!r}")
    if not (notes["bin_s"] > 0 and notes["bins_per_trial"] > 0):
        raise ValueError("general/notes: a trial has no bins")
    return notes


def _part(file: h5py.File, notes: dict[str, Any]) -> NwbPart:
    bin_s, n_bins = notes["bin_s"], notes["bins_per_trial"]
    start_bins = array_at(file, "intervals/trials/start_time") / bin_s
    if not np.allclose(start_bins, np.arange(len(start_bins)) * n_bins, rtol=1e-12, atol=1e-3):
        raise ValueError(f"intervals/trials: the trials do not start every {n_bins} bins")
    durations = np.rint(array_at(file, "intervals/trials/stop_time") / bin_s - start_bins)
    return NwbPart(
        dataset=notes["dataset"],
        part=notes["part"],
        bin_s=bin_s,
        held_out=array_at(file, "units/heldout").astype(bool),
        trial_split=array_at(file, "intervals/trials/split"),
        spikes=_counts(file, bin_s, (len(start_bins), n_bins)),
        stimulus=_stimulus(file, (len(start_bins), n_bins)),
        valid=np.arange(n_bins) < durations[:, None],
    )


def _counts(file: h5py.File, bin_s: float, shape: tuple[int, int]) -> np.ndarray:
    """Count the spikes of each unit; a time is at least a quarter tick inside its bin."""
    times = dataset_at(file, "units/spike_times")
    ends = array_at(file, "units/spike_times_index").astype(np.int64)
    bounds = np.concatenate([[0], ends])
    if (np.diff(bounds) < 0).any() or bounds[-1] != len(times):
        raise ValueError("units: spike_times_index does not fit spike_times")
    n_bins = shape[0] * shape[1]
    counts = np.empty((n_bins, len(ends)), np.uint16)
    for unit, (start, stop) in enumerate(pairwise(bounds)):
        bins = times[start:stop]
        bins *= 1 / bin_s
        if len(bins) and not (bins.min() >= 0 and bins.max() < n_bins):
            raise ValueError(f"units: unit {unit} has spikes outside the trials")
        counts[:, unit] = np.bincount(bins.astype(np.int64), minlength=n_bins)
    return counts.reshape(*shape, len(ends))


def _stimulus(file: h5py.File, shape: tuple[int, int]) -> np.ndarray:
    if STIMULUS not in file:
        return np.empty((*shape, 0), np.float32)
    return array_at(file, STIMULUS).astype(np.float32, copy=False).reshape(*shape, -1)

"""One NWB file of a dataset, read back into bins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.observation.noise import SignalKind
from ctdspec.store.hdf5 import array_at, dataset_at
from ctdspec.store.neuron_table import NeuronTable, read_neurons
from ctdspec.store.nwb_signals import SIGNALS
from ctdspec.store.nwb_storage import CHUNK_VALUES
from ctdspec.store.nwb_structure import STIMULUS
from ctdspec.store.nwb_trials import RECORDING_STOP
from ctdspec.store.recording import SplitRecording

if TYPE_CHECKING:
    import h5py

# Two chunks of spike times: a chunk that two units share is decompressed once.
_CACHE_BYTES = 2 * 8 * CHUNK_VALUES
_NOTES = {"dataset": str, "part": str, "bin_s": float, "bins_per_trial": int, "records": str}
_RECORDS: dict[str, SignalKind | None] = {"spikes": None, "fluorescence": "fluorescence", "rates": "rates"}


@dataclass(frozen=True)
class NwbPart:
    """What one file says.

    Attributes
    ----------
    dataset, part, bin_s
        Digest of the dataset; ``train`` or ``test``; length of a bin in seconds.
    signal_kind
        What was recorded instead of spikes; None for spikes.
    neurons
        The neurons of the file.
    trial_split : (trial,) str
        Split of each trial.
    recorded : (trial, time, neuron)
        Spikes per bin, uint16, or signals, float32.
    stimulus : (trial, time, input) float32
    valid : (trial, time) bool
        Bins of the trials that were recorded.
    forward : (trial, time) bool, optional
        Bins of the trials that follow; None if trials were recorded to their end.
    condition : (trial,) int64, optional
        Number of the condition of each trial; None if the task has one condition.
    """

    dataset: str
    part: str
    bin_s: float
    signal_kind: SignalKind | None
    neurons: NeuronTable
    trial_split: np.ndarray
    recorded: np.ndarray
    stimulus: np.ndarray
    valid: np.ndarray
    forward: np.ndarray | None
    condition: np.ndarray | None

    def split(self, name: str) -> SplitRecording:
        """Give the trials of one split, in their order."""
        trials = self.trial_split == name
        recorded = self.recorded[trials]
        return SplitRecording(
            counts=None if self.signal_kind else recorded,
            stimulus=self.stimulus[trials],
            valid=self.valid[trials],
            observed=self.neurons.observed[trials],
            signals=recorded if self.signal_kind else None,
            condition=None if self.condition is None else self.condition[trials],
            forward=None if self.forward is None else self.forward[trials],
        )


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
    bin_s, n_bins, kind = notes["bin_s"], notes["bins_per_trial"], _RECORDS[notes["records"]]
    start_s = array_at(file, "intervals/trials/start_time")
    start_bins, shape = start_s / bin_s, (len(start_s), n_bins)
    if not np.allclose(start_bins, np.arange(len(start_bins)) * n_bins, rtol=1e-12, atol=1e-3):
        raise ValueError(f"intervals/trials: the trials do not start every {n_bins} bins")
    whole = _until(file, start_bins, bin_s, n_bins, "stop_time")
    valid = _until(file, start_bins, bin_s, n_bins, RECORDING_STOP)
    if whole is None:
        raise KeyError("intervals/trials/stop_time")
    neurons = read_neurons(file, kind, start_s)
    recorded = _samples(file, SIGNALS[kind], shape) if kind else _counts(file, bin_s, shape)
    if recorded.shape[2] != len(neurons.ids):
        raise ValueError(f"{len(neurons.ids)} neurons, but {recorded.shape[2]} were recorded")
    return NwbPart(
        dataset=notes["dataset"],
        part=notes["part"],
        bin_s=bin_s,
        signal_kind=kind,
        neurons=neurons,
        trial_split=array_at(file, "intervals/trials/split"),
        recorded=recorded,
        stimulus=_samples(file, STIMULUS, shape),
        valid=whole if valid is None else valid,
        forward=None if valid is None else whole & ~valid,
        condition=_condition(file),
    )


def _until(
    file: h5py.File, start_bins: np.ndarray, bin_s: float, n_bins: int, name: str
) -> np.ndarray | None:
    """Give the bins of each trial (trial, time) bool before a time that a column gives; None without it."""
    if (location := f"intervals/trials/{name}") not in file:
        return None
    return np.arange(n_bins) < np.rint(array_at(file, location) / bin_s - start_bins)[:, None]


def _condition(file: h5py.File) -> np.ndarray | None:
    """Give the number of each trial's condition (trial,) int64; None if there is one condition only."""
    location = "intervals/trials/condition"
    return array_at(file, location).astype(np.int64) if location in file else None


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


def _samples(file: h5py.File, location: str, shape: tuple[int, int]) -> np.ndarray:
    """Give the samples (trial, time, column) float32 of a series; without columns if there is none."""
    if location not in file:
        return np.empty((*shape, 0), np.float32)
    return array_at(file, location).astype(np.float32, copy=False).reshape(*shape, -1)

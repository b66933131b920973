"""One NWB file of a dataset, read back into bins."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec import scratch
from ctdspec.errors import DatasetError
from ctdspec.observation.noise import SignalKind
from ctdspec.store.hdf5 import array_at, dataset_at
from ctdspec.store.neuron_table import NeuronTable, read_neurons
from ctdspec.store.nwb_signals import SIGNALS
from ctdspec.store.nwb_storage import CHUNK_VALUES
from ctdspec.store.nwb_structure import STIMULUS
from ctdspec.store.nwb_trials import RECORDING_STOP
from ctdspec.store.recording import SplitRecording
from ctdspec.submissions.answer import SPLITS

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
    recorded : mapping of (trial, time, neuron)
        Spikes per bin, uint16, or signals, float32, by split.
    stimulus : mapping of (trial, time, input) float32
        What was presented, by split.
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
    recorded: Mapping[str, np.ndarray]
    stimulus: Mapping[str, np.ndarray]
    valid: np.ndarray
    forward: np.ndarray | None
    condition: np.ndarray | None

    def split(self, name: str) -> SplitRecording:
        """Give the trials of one split, in their order."""
        trials = self.trial_split == name
        recorded = self.recorded[name]
        return SplitRecording(
            counts=None if self.signal_kind else recorded,
            stimulus=self.stimulus[name],
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
    neurons, split = read_neurons(file, kind, start_s), array_at(file, "intervals/trials/split")
    recorded = _samples(file, SIGNALS[kind], shape) if kind else _counts(file, bin_s, shape)
    if recorded.n_columns != len(neurons.ids):
        raise ValueError(f"{len(neurons.ids)} neurons, but {recorded.n_columns} were recorded")
    return NwbPart(
        dataset=notes["dataset"],
        part=notes["part"],
        bin_s=bin_s,
        signal_kind=kind,
        neurons=neurons,
        trial_split=split,
        recorded=recorded.by_split(split),
        stimulus=_samples(file, STIMULUS, shape).by_split(split),
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


@dataclass(frozen=True)
class _Series:
    """Something recorded in every bin, which is read trial by trial.

    Attributes
    ----------
    n_bins, n_columns, dtype
        Bins of a trial, and what each has.
    read
        Gives the rows (bin, column) of consecutive trials, from the first bin to before the last.
    """

    n_bins: int
    n_columns: int
    dtype: type
    read: Callable[[int, int], np.ndarray]

    def by_split(self, trial_split: np.ndarray) -> dict[str, np.ndarray]:
        """Read all, a piece at a time, and give (trial, time, column) of each split."""
        shape = (self.n_bins, self.n_columns)
        found = {
            name: scratch.empty((int((trial_split == name).sum()), *shape), self.dtype) for name in SPLITS
        }
        filled = dict.fromkeys(found, 0)
        for piece in scratch.pieces((len(trial_split), *shape), scratch.UNPACKED_VALUES):
            rows = self.read(piece.start * self.n_bins, piece.stop * self.n_bins).reshape(
                piece.stop - piece.start, *shape
            )
            for name, array in found.items():
                own = rows[trial_split[piece] == name]
                array[filled[name] : filled[name] + len(own)] = own
                filled[name] += len(own)
        return found


def _counts(file: h5py.File, bin_s: float, shape: tuple[int, int]) -> _Series:
    """Give the spikes of each unit in each bin."""
    units = _bins_of_units(file, bin_s, shape[0] * shape[1])

    def read(first: int, last: int) -> np.ndarray:
        counts = np.empty((last - first, len(units)), np.uint16)
        for unit, bins in enumerate(units):
            own = bins[slice(*np.searchsorted(bins, [first, last]))]
            counts[:, unit] = np.bincount(own - first, minlength=last - first)
        return counts

    return _Series(shape[1], len(units), np.uint16, read)


def _bins_of_units(file: h5py.File, bin_s: float, n_bins: int) -> list[np.ndarray]:
    """Give the bins of the spikes of each unit, ascending; a time is well inside its bin."""
    times = dataset_at(file, "units/spike_times")
    bounds = np.concatenate([[0], array_at(file, "units/spike_times_index").astype(np.int64)])
    if (np.diff(bounds) < 0).any() or bounds[-1] != len(times):
        raise ValueError("units: spike_times_index does not fit spike_times")
    bins = scratch.empty(times.shape, np.int64)
    for unit, (start, stop) in enumerate(pairwise(bounds)):
        own = times[start:stop]
        own *= 1 / bin_s
        if len(own) and not (own.min() >= 0 and own.max() < n_bins):
            raise ValueError(f"units: unit {unit} has spikes outside the trials")
        if (own[1:] < own[:-1]).any():
            raise ValueError(f"units: the spikes of unit {unit} are not in the order of their times")
        bins[start:stop] = own
    return [bins[start:stop] for start, stop in pairwise(bounds)]


def _samples(file: h5py.File, location: str, shape: tuple[int, int]) -> _Series:
    """Give the samples of a series, float32; without columns if there is none."""
    n_trials, n_bins = shape
    if location not in file:
        return _Series(n_bins, 0, np.float32, lambda first, last: np.empty((last - first, 0), np.float32))
    samples = dataset_at(file, location)
    if len(samples) != n_trials * n_bins:
        raise ValueError(f"{location}: {len(samples)} samples, but the trials have {n_trials * n_bins} bins")
    n_columns = int(np.prod(samples.shape[1:], dtype=np.int64))
    return _Series(
        n_bins, n_columns, np.float32, lambda first, last: np.asarray(samples[first:last], np.float32)
    )

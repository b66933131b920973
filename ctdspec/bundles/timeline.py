"""One NWB file of a dataset, as continuous time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.store.hdf5 import array_at
from ctdspec.store.nwb_structure import OUTPUTS, STIMULUS
from ctdspec.store.nwb_trials import RECORDING_STOP

if TYPE_CHECKING:
    import h5py


@dataclass(frozen=True)
class Timeline:
    """What one NWB file says, not cut into trials.

    Attributes
    ----------
    spike_times_s : (spike,) float64
        Times of all units, ascending; none in a recording of other signals.
    spike_unit : (spike,) int64
        Row of the unit that fired.
    unit_id : (unit,) int64
        Numbers of the units in the dataset.
    trial_start_s, trial_stop_s : (trial,) float64
    recording_stop_s : (trial,) float64
        When the recording of each trial ends: with the trial, or before it.
    trial_split : (trial,) str
    stimulus : (sample, input) float32, optional
        What was presented, one sample per bin from time 0.
    outputs : (sample, output) float32, optional
        What the system answered.
    """

    spike_times_s: np.ndarray
    spike_unit: np.ndarray
    unit_id: np.ndarray
    trial_start_s: np.ndarray
    trial_stop_s: np.ndarray
    recording_stop_s: np.ndarray
    trial_split: np.ndarray
    stimulus: np.ndarray | None
    outputs: np.ndarray | None


def read_timeline(path: Path) -> Timeline:
    """Read one file of the pair.

    Raises
    ------
    DatasetError
        If it is missing or damaged.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return _timeline(file)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise DatasetError(
            f"{path}: expected an NWB file of a ctdspec dataset, found a damaged one ({error}); build the"
            " dataset again"
        ) from error


def _timeline(file: h5py.File) -> Timeline:
    times_s, n_spikes = np.zeros(0), np.zeros(0, np.int64)
    if "units" in file:
        times_s = array_at(file, "units/spike_times")
        n_spikes = np.diff(array_at(file, "units/spike_times_index").astype(np.int64), prepend=0)
    unit = np.repeat(np.arange(len(n_spikes)), n_spikes)
    order = np.argsort(times_s, kind="stable")
    stop_s = array_at(file, "intervals/trials/stop_time")
    recorded = f"intervals/trials/{RECORDING_STOP}"
    return Timeline(
        spike_times_s=times_s[order],
        spike_unit=unit[order],
        unit_id=array_at(file, "units/id").astype(np.int64) if "units" in file else n_spikes,
        trial_start_s=array_at(file, "intervals/trials/start_time"),
        trial_stop_s=stop_s,
        recording_stop_s=array_at(file, recorded) if recorded in file else stop_s,
        trial_split=array_at(file, "intervals/trials/split"),
        stimulus=array_at(file, STIMULUS) if STIMULUS in file else None,
        outputs=array_at(file, OUTPUTS) if OUTPUTS in file else None,
    )

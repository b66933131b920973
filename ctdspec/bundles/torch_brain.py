"""Event times as torch_brain takes them: HDF5 files of the package temporaldata."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, final

import numpy as np

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.bundles.timeline import Timeline, read_timeline
from ctdspec.errors import UsageError
from ctdspec.store.layout import Part

_DOMAINS = {"train": "train_domain", "val": "valid_domain", "test": "test_domain"}


@final
class TorchBrain(Format):
    """One temporaldata file for each NWB file: units that are not recorded must not look silent."""

    name = "temporaldata"
    public_files = """\
train.h5       train and validation trials, all units; temporaldata.Data.from_hdf5(file)
test.h5        test trials, held-in units only
               spikes: timestamps (s), unit_index; units: id, number; trials: start, end; stimulus, behavior
               (where there are any): one sample per bin; train_domain, valid_domain, test_domain"""
    organiser_files = """\
test_truth.h5  spikes of the held-out units in the test trials (spread evenly in their bins), and the true
               rates_hz (of all neurons) and latents, one sample per bin"""

    def ensure_available(self) -> None:
        """Raise a UsageError if temporaldata is not installed."""
        _library()

    def write(self, public: Public, folder: Path) -> None:
        """Write the two files."""
        for part, path in public.nwb.items():
            _write(folder / f"{part}.h5", _data(public, part, read_timeline(path)))

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write what is true of the test trials."""
        temporaldata, bin_s = _library(), public.recording.bin_s
        counts, ahead = hidden.required("spikes", "test"), hidden.variable("forward", "test")
        if ahead is None:
            is_hidden = public.recording.held_out
        else:
            is_hidden = np.ones_like(public.recording.held_out)
            counts = np.where(ahead[..., None] | public.recording.held_out, counts, 0)
        counts = counts[..., is_hidden]
        times_s, unit = _spread(counts.reshape(-1, counts.shape[-1]), bin_s)
        duration = temporaldata.Interval(0.0, len(counts) * counts.shape[1] * bin_s)
        series = {name: hidden.required(name, "test") for name in ("rates_hz", "latents")}
        data = temporaldata.Data(
            spikes=temporaldata.IrregularTimeSeries(timestamps=times_s, unit_index=unit, domain=duration),
            units=_units(public, public.recording.neuron_ids[is_hidden]),
            domain=duration,
            **{name: _series(bin_s, name, values) for name, values in series.items()},
        )
        _write(folder / "test_truth.h5", data)


def _data(public: Public, part: Part, signals: Timeline) -> Any:
    temporaldata, bin_s = _library(), public.recording.bin_s
    start, end, split = signals.trial_start_s, signals.recording_stop_s, signals.trial_split
    domain = temporaldata.Interval(start, end)
    series = {"stimulus": signals.stimulus, "behavior": signals.outputs}
    return temporaldata.Data(
        brainset=temporaldata.Data(id="ctdspec"),
        subject=temporaldata.Data(id=public.name),
        session=temporaldata.Data(id=public.nwb[part].stem),
        spikes=temporaldata.IrregularTimeSeries(
            timestamps=signals.spike_times_s, unit_index=signals.spike_unit, domain=domain
        ),
        units=_units(public, signals.unit_id),
        trials=temporaldata.Interval(start, signals.trial_stop_s),
        domain=domain,
        **{name: _series(bin_s, name, values) for name, values in series.items() if values is not None},
        **{
            domain: temporaldata.Interval(start[split == name], end[split == name])
            for name, domain in _DOMAINS.items()
            if (split == name).any()
        },
    )


def _units(public: Public, numbers: np.ndarray) -> Any:
    """Give units whose ids are the same in every file of the dataset, and of no other dataset."""
    ids = np.array([f"{public.name}/unit_{number:05d}" for number in numbers])
    return _library().ArrayDict(id=ids, number=numbers)


def _series(bin_s: float, name: str, values: np.ndarray) -> Any:
    """Give samples (..., channel), one per bin from time 0."""
    samples = values.reshape(-1, values.shape[-1])
    return _library().RegularTimeSeries(sampling_rate=1 / bin_s, **{name: samples})


def _spread(counts: np.ndarray, bin_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Give a time for every spike of counts (sample, unit), ascending, and its unit."""
    sample, unit = np.nonzero(counts)
    n_spikes = counts[sample, unit].astype(np.int64)
    first = np.repeat(np.cumsum(n_spikes) - n_spikes, n_spikes)
    place = (np.arange(n_spikes.sum()) - first + 0.5) / np.repeat(n_spikes, n_spikes)
    times_s = (np.repeat(sample, n_spikes) + place) * bin_s
    order = np.argsort(times_s, kind="stable")
    return times_s[order], np.repeat(unit, n_spikes)[order]


def _write(path: Path, data: Any) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        data.to_hdf5(file)


def _library() -> Any:
    """Import the package, which is an extra.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return importlib.import_module("temporaldata")
    except ImportError as error:
        raise UsageError(
            "the format temporaldata needs the package temporaldata, which is not installed; add it with"
            " pip install 'ctdspec[torch_brain]', or in a checkout: uv sync --extra torch_brain"
        ) from error

"""The structure of an NWB file: everything but its long arrays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from ctdspec.store.layout import Part
from ctdspec.store.session import Session
from ctdspec.store.spike_times import Clock

if TYPE_CHECKING:
    from hdmf.backends.hdf5 import H5DataIO
    from hdmf.container import AbstractContainer
    from pynwb import NWBFile, TimeSeries
    from pynwb.epoch import TimeIntervals
    from pynwb.file import Subject
    from pynwb.misc import Units

CHUNK_SPIKES = 1 << 18
STIMULUS = "stimulus/presentation/stimulus/data"
OUTPUTS = "processing/behavior/outputs/data"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SIMULATED = "SIMULATED data: no animal was recorded."


def nwb_structure(session: Session, part: Part) -> NWBFile:
    """Give the file of a part, with empty datasets of the right kind for spikes, stimulus and outputs.

    Everything in it is fixed by the session: dates, and object ids, which are UUIDs (version 5) of the
    dataset's digest and the object's path. So equal sessions give equal bytes.
    """
    from pynwb import NWBFile

    file: Any = NWBFile(
        session_description=f"{session.title}. {_SIMULATED} {_CONTENTS[part]}",
        identifier=_uuid(session, part, "identifier"),
        session_start_time=_EPOCH,
        file_create_date=[_EPOCH],
        session_id=f"seed{session.seed}",
        experimenter=["Simulation, Ctdspec"],
        institution="None (simulated with ctdspec)",
        experiment_description=f"Benchmark {session.benchmark} with known ground truth. {_SIMULATED}",
        keywords=["simulation", "benchmark", "neural dynamics", session.benchmark],
        notes=json.dumps(notes(session, part), sort_keys=True),
        source_script=session.spec_yaml,
        source_script_file_name="spec.yaml",
        subject=_subject(session),
        units=_units(session, part),
        trials=_trials(session, part),
    )
    if session.input_names:
        file.add_stimulus(_series(session, part, "stimulus", session.input_names))
    if session.output_names and part == "train":
        module = file.create_processing_module("behavior", "What the simulated network answered.")
        module.add(_series(session, part, "outputs", session.output_names))
    for child in file.all_children():
        _fix_object_id(child, session, part)
    return file


def notes(session: Session, part: Part) -> dict[str, str | int | float]:
    """Give what a program needs to know to read a file: its dataset, its part and its bins."""
    return {
        "ctdspec": version("ctdspec"),
        "dataset": session.dataset,
        "part": part,
        "bin_s": session.bin_s,
        "bins_per_trial": session.n_bins,
    }


_CONTENTS: dict[Part, str] = {
    "train": "Train and validation trials with all units.",
    "test": "Test trials; held-out units are left out.",
}


def _subject(session: Session) -> Subject:
    from pynwb.file import Subject

    return Subject(
        subject_id=session.benchmark.replace("_", "-"),
        # Archives refuse species they do not know; the benchmarks imitate recordings of this one.
        species="Macaca mulatta",
        sex="U",
        age="P0D",
        description=f"{_SIMULATED} The subject is a model; the species is the one it imitates.",
    )


def _units(session: Session, part: Part) -> Units:
    from hdmf.common import ElementIdentifiers, VectorData, VectorIndex
    from pynwb.misc import Units

    neurons, observed = session.neurons(part), _observed(session, part)
    n = len(neurons)
    held_out = session.held_out[neurons]
    times = VectorData(name="spike_times", description="Spike times in seconds.", data=_growing_column())
    intervals = VectorData(
        name="obs_intervals", description="Observed intervals in seconds.", data=np.tile(observed, (n, 1))
    )
    columns = [
        VectorIndex(name="spike_times_index", target=times, data=_empty((n,), np.uint64)),
        times,
        VectorIndex(
            name="obs_intervals_index", target=intervals, data=np.arange(1, n + 1) * np.uint64(len(observed))
        ),
        intervals,
        VectorData(name="heldout", description="Whether the test split hides the unit.", data=held_out),
        VectorData(
            name="population",
            description="heldin or heldout, as text.",
            data=np.where(held_out, "heldout", "heldin").tolist(),
        ),
    ]
    return Units(
        name="units",
        description="Simulated units; the id of a unit is the same in all files of the dataset.",
        columns=columns,
        colnames=["spike_times", "obs_intervals", "heldout", "population"],
        id=ElementIdentifiers(name="id", data=neurons.astype(np.int64)),
        resolution=Clock.of(session.bin_s).tick_s,
    )


def _trials(session: Session, part: Part) -> TimeIntervals:
    from hdmf.common import ElementIdentifiers, VectorData
    from pynwb.epoch import TimeIntervals

    trials = session.trials(part)
    start_s, stop_s = _trial_times(session, part)
    columns = [
        VectorData(name="start_time", description="Start of the trial in seconds.", data=start_s),
        VectorData(name="stop_time", description="End of the trial in seconds.", data=stop_s),
        VectorData(name="split", description="train, val or test.", data=session.split[trials].tolist()),
    ]
    if session.condition is not None:
        condition = session.condition[trials].astype(np.int64)
        columns.append(VectorData(name="condition", description="Number of the condition.", data=condition))
    return TimeIntervals(
        name="trials",
        description="Trials, back to back; the id is the number of the trial in the dataset.",
        columns=columns,
        colnames=[column.name for column in columns],
        id=ElementIdentifiers(name="id", data=trials.astype(np.int64)),
    )


def _trial_times(session: Session, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Give starts and ends (trial,) in seconds, each one rounding away from a whole number of bins."""
    trials = session.trials(part)
    first_bins = np.arange(len(trials)) * session.n_bins
    return first_bins * session.bin_s, (first_bins + session.valid[trials].sum(axis=1)) * session.bin_s


def _observed(session: Session, part: Part) -> np.ndarray:
    """Give the intervals (interval, 2) in seconds that trials cover, neighbours joined."""
    start_s, stop_s = _trial_times(session, part)
    gap = np.flatnonzero(start_s[1:] != stop_s[:-1])
    return np.column_stack([start_s[np.r_[0, gap + 1]], stop_s[np.r_[gap, len(stop_s) - 1]]])


def _series(session: Session, part: Part, name: str, columns: tuple[str, ...]) -> TimeSeries:
    from pynwb import TimeSeries

    n_samples = len(session.trials(part)) * session.n_bins
    return TimeSeries(
        name=name,
        description=_SERIES[name],
        comments=f"columns=[{','.join(columns)}]",
        data=_empty((n_samples, len(columns)), np.float32, compressed=True),
        unit="a.u.",
        starting_time=0.0,
        rate=1 / session.bin_s,
    )


_SERIES = {
    "stimulus": "What was presented, without the noise that the network receives. A sample holds for the bin"
    " that starts at its time.",
    "outputs": "What the network answered. A sample holds for the bin that starts at its time.",
}


def _empty(shape: tuple[int, ...], dtype: type, compressed: bool = False) -> H5DataIO:
    from hdmf.backends.hdf5 import H5DataIO

    if not compressed:
        return H5DataIO(shape=shape, dtype=np.dtype(dtype))
    chunks = (min(shape[0], CHUNK_SPIKES // shape[1]), *shape[1:])
    return H5DataIO(
        shape=shape,
        dtype=np.dtype(dtype),
        chunks=chunks,
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )


def _growing_column() -> H5DataIO:
    from hdmf.backends.hdf5 import H5DataIO

    return H5DataIO(
        shape=(0,),
        maxshape=(None,),
        dtype=np.dtype(np.float64),
        chunks=(CHUNK_SPIKES,),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )


def _fix_object_id(container: AbstractContainer, session: Session, part: Part) -> None:
    names, ancestor = [], container
    while ancestor is not None:
        names.append(ancestor.name)
        ancestor = ancestor.parent
    # hdmf draws the id at random and offers no argument for it.
    container._AbstractContainer__object_id = _uuid(session, part, "/".join(reversed(names)))  # pyright: ignore


def _uuid(session: Session, part: Part, path: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"ctdspec:{session.dataset}/{part}/{path}"))

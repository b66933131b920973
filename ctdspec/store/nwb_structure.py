"""The structure of an NWB file: everything but its long arrays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from ctdspec.store.layout import Part
from ctdspec.store.neuron_table import neuron_table
from ctdspec.store.nwb_series import measured_series, time_series
from ctdspec.store.nwb_signals import SIMULATED, add_signals
from ctdspec.store.nwb_storage import Storage, unwritten
from ctdspec.store.nwb_trials import epochs_table, events_tables, trials_table
from ctdspec.store.session import Session
from ctdspec.store.spike_times import Clock

if TYPE_CHECKING:
    from hdmf.container import AbstractContainer
    from pynwb import NWBFile
    from pynwb.file import Subject
    from pynwb.misc import Units

STIMULUS = "stimulus/presentation/stimulus/data"
BEHAVIOR = "processing/behavior/{}/data"
OUTPUTS = BEHAVIOR.format("outputs")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def nwb_structure(session: Session, part: Part, storage: Storage, n_spikes: int) -> NWBFile:
    """Give the file of a part, with unwritten datasets for its spikes or signals, stimulus and outputs.

    Everything in it is fixed by the session: dates, and object ids, which are UUIDs (version 5) of the
    dataset's digest and the object's path. So equal sessions give equal bytes.
    """
    from pynwb import NWBFile

    file: Any = NWBFile(
        session_description=f"{session.title}. {SIMULATED} {_contents(session, part)}",
        identifier=_uuid(session, part, "identifier"),
        session_start_time=_EPOCH,
        file_create_date=[_EPOCH],
        session_id=session.session_id,
        experimenter=["Simulation, Ctdspec"],
        institution="None (simulated with ctdspec)",
        experiment_description=f"Benchmark {session.benchmark} with known ground truth. {SIMULATED}",
        keywords=["simulation", "benchmark", "neural dynamics", session.benchmark],
        notes=json.dumps(notes(session, part), sort_keys=True),
        source_script=session.spec_yaml,
        source_script_file_name="spec.yaml",
        subject=_subject(session),
        trials=trials_table(session, part),
        epochs=epochs_table(session, part),
    )
    for table in events_tables(session, part):
        file.add_events_table(table)
    if session.input_names:
        file.add_stimulus(time_series(session, part, "stimulus", session.input_names, storage))
    if session.output_names and part == "train":
        module = file.create_processing_module("behavior", "What the simulated network answered.")
        module.add(time_series(session, part, "outputs", session.output_names, storage))
        for name in session.measurements:
            module.add(measured_series(session, part, name, storage))
    if session.signal_kind:
        add_signals(file, session, part, storage)
    else:
        file.units = _units(session, part, storage, n_spikes)
    for child in file.all_children():
        _fix_object_id(child, session, part)
    return file


def notes(session: Session, part: Part) -> dict[str, str | int | float]:
    """Give what a program needs to know to read a file: its dataset, its part, its bins, what it records."""
    return {
        "ctdspec": version("ctdspec"),
        "dataset": session.dataset,
        "part": part,
        "bin_s": session.bin_s,
        "bins_per_trial": session.n_bins,
        "records": session.signal_kind or "spikes",
    }


_CONTENTS: dict[Part, str] = {
    "train": "Train and validation trials with all neurons.",
    "test": "Test trials; held-out neurons are left out.",
}

_AHEAD = "The recording of each trial ends before the trial does; the stimulus goes on."


def _contents(session: Session, part: Part) -> str:
    ahead = session.forward is not None and part == "test"
    return f"{_CONTENTS[part]} {_AHEAD}" if ahead else _CONTENTS[part]


def _subject(session: Session) -> Subject:
    from pynwb.file import Subject

    return Subject(
        subject_id=session.benchmark.replace("_", "-"),
        # Archives refuse species they do not know; the benchmarks imitate recordings of this one.
        species="Macaca mulatta",
        sex="U",
        age="P0D",
        description=f"{SIMULATED} The subject is a model; the species is the one it imitates.",
    )


def _units(session: Session, part: Part, storage: Storage, n_spikes: int) -> Units:
    from hdmf.common import VectorData, VectorIndex
    from pynwb.misc import Units

    times = VectorData(
        name="spike_times",
        description="Spike times in seconds.",
        data=unwritten((n_spikes,), np.float64, storage),
    )
    n_neurons = len(session.neurons(part))
    ends = VectorIndex(
        name="spike_times_index", target=times, data=unwritten((n_neurons,), np.uint64, "plain")
    )
    return Units(
        name="units",
        resolution=Clock.of(session.step_s).tick_s,
        **neuron_table(session, part, [ends, times]),
    )


def _fix_object_id(container: AbstractContainer, session: Session, part: Part) -> None:
    names, ancestor = [], container
    while ancestor is not None:
        names.append(ancestor.name)
        ancestor = ancestor.parent
    # hdmf draws the id at random and offers no argument for it.
    container._AbstractContainer__object_id = _uuid(session, part, "/".join(reversed(names)))  # pyright: ignore


def _uuid(session: Session, part: Part, path: str) -> str:
    name = "/".join(filter(None, [session.dataset, session.session_name, part, path]))
    return str(uuid5(NAMESPACE_URL, f"ctdspec:{name}"))

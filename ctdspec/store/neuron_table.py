"""The table of neurons in an NWB file: who was recorded, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.observation.noise import SignalKind
from ctdspec.store.hdf5 import array_at
from ctdspec.store.layout import Part
from ctdspec.store.nwb_trials import recorded_times
from ctdspec.store.session import Session

if TYPE_CHECKING:
    import h5py

TABLES: dict[SignalKind | None, str] = {
    None: "units",
    "fluorescence": "processing/ophys/ImageSegmentation/PlaneSegmentation",
    "rates": "processing/ecephys/neurons",
}
"""Where the table is, by what was recorded."""

_DESCRIPTION = "Simulated neurons; the id of a neuron is the same in all files and sessions of the benchmark."


@dataclass(frozen=True)
class NeuronTable:
    """What a file says of its neurons.

    Attributes
    ----------
    ids : (neuron,) int64
        The same neuron has the same id in every file.
    held_out : (neuron,) bool
        Whether the test file leaves it out.
    population : (neuron,) str
        Name of its population.
    observed : (trial, neuron) bool
        Trials in which it was recorded.
    """

    ids: np.ndarray
    held_out: np.ndarray
    population: np.ndarray
    observed: np.ndarray


def neuron_table(session: Session, part: Part, first: list[Any]) -> dict[str, Any]:
    """Give the arguments of any table of NWB that has the neurons of a part, after columns of its own."""
    from hdmf.common import ElementIdentifiers, VectorIndex

    columns = [*first, *_columns(session, part)]
    return {
        "description": _DESCRIPTION,
        "columns": columns,
        "colnames": [column.name for column in columns if not isinstance(column, VectorIndex)],
        "id": ElementIdentifiers(name="id", data=session.ids[session.neurons(part)]),
    }


def read_neurons(file: h5py.File, kind: SignalKind | None, trial_start_s: np.ndarray) -> NeuronTable:
    """Read the table; a trial is observed if its start lies in one of the neuron's intervals."""
    table = TABLES[kind]
    ids = array_at(file, f"{table}/id").astype(np.int64)
    intervals = array_at(file, f"{table}/obs_intervals").reshape(-1, 2)
    bounds = np.concatenate([[0], array_at(file, f"{table}/obs_intervals_index").astype(np.int64)])
    columns = {name: array_at(file, f"{table}/{name}") for name in ("heldout", "population")}
    if {len(bounds) - 1, *map(len, columns.values())} != {len(ids)} or bounds[-1] != len(intervals):
        raise ValueError(f"{table}: its columns differ in length")
    inside_s = trial_start_s + 1e-6
    observed = np.empty((len(trial_start_s), len(ids)), bool)
    for i in range(len(ids)):
        start_s, stop_s = intervals[bounds[i] : bounds[i + 1]].T
        last = np.searchsorted(start_s, inside_s) - 1
        observed[:, i] = (last >= 0) & (inside_s < np.append(stop_s, 0.0)[last])
    return NeuronTable(ids, columns["heldout"].astype(bool), columns["population"], observed)


def _columns(session: Session, part: Part) -> list[Any]:
    """Give what every table of neurons says; each index comes before its target."""
    from hdmf.common import VectorData, VectorIndex

    neurons = session.neurons(part)
    held_out = session.held_out[neurons]
    observed = _intervals_of_each(session, part)
    ends = np.cumsum([len(intervals) for intervals in observed]).astype(np.uint64)
    intervals = VectorData(
        name="obs_intervals", description="Observed intervals in seconds.", data=np.concatenate(observed)
    )
    return [
        VectorIndex(name="obs_intervals_index", target=intervals, data=ends),
        intervals,
        VectorData(name="heldout", description="Whether the test split hides the neuron.", data=held_out),
        VectorData(
            name="role",
            description="heldin or heldout, as text.",
            data=np.where(held_out, "heldout", "heldin").tolist(),
        ),
        VectorData(
            name="population",
            description="Population that the neuron belongs to.",
            data=session.populations[neurons].tolist(),
        ),
    ]


def _intervals_of_each(session: Session, part: Part) -> list[np.ndarray]:
    """Give the intervals (interval, 2) in seconds in which each neuron was observed."""
    start_s, stop_s = recorded_times(session, part)
    observed = session.observed_in(session.trials(part))[:, session.neurons(part)]
    if observed.all():
        return [_joined(start_s, stop_s)] * observed.shape[1]
    return [_joined(start_s[seen], stop_s[seen]) for seen in observed.T]


def _joined(start_s: np.ndarray, stop_s: np.ndarray) -> np.ndarray:
    """Give the intervals that trials cover, neighbours joined."""
    if not len(start_s):
        return np.zeros((1, 2))  # an interval of no length: readers take the last one of every neuron
    gap = np.flatnonzero(start_s[1:] != stop_s[:-1])
    return np.column_stack([start_s[np.r_[0, gap + 1]], stop_s[np.r_[gap, len(stop_s) - 1]]])

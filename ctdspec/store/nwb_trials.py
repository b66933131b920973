"""The trials in an NWB file, and what happened in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.store.layout import Part
from ctdspec.store.session import Events, Session

if TYPE_CHECKING:
    from pynwb.epoch import TimeIntervals
    from pynwb.event import EventsTable

RECORDING_STOP = "recording_stop_time"
"""Column of the trials of a test file that leaves out how they end."""
_RECORDING_STOP = "End of the recording in seconds. From there to stop_time, spikes are to be predicted."


def trial_times(session: Session, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Give starts and ends (trial,) in seconds, each one rounding away from a whole number of bins."""
    trials = session.trials(part)
    first_bins = np.arange(len(trials)) * session.n_bins
    return first_bins * session.bin_s, (first_bins + session.valid[trials].sum(axis=1)) * session.bin_s


def recorded_times(session: Session, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Give when the recording of each trial starts and ends, (trial,) in seconds, as `trial_times` does."""
    trials, (start_s, stop_s) = session.trials(part), trial_times(session, part)
    if session.forward is None:
        return start_s, stop_s
    first_bins = np.arange(len(trials)) * session.n_bins
    return start_s, (first_bins + session.recorded_bins[trials].sum(axis=1)) * session.bin_s


def trials_table(session: Session, part: Part) -> TimeIntervals:
    """Give the table of trials.

    An event that no trial has twice is a column ``<name>_time``, where loaders of trials look for it: time
    in the file in seconds, NaN where a trial has none.
    """
    from hdmf.common import ElementIdentifiers, VectorData
    from pynwb.epoch import TimeIntervals

    trials = session.trials(part)
    start_s, stop_s = trial_times(session, part)
    columns = [
        VectorData(name="start_time", description="Start of the trial in seconds.", data=start_s),
        VectorData(name="stop_time", description="End of the trial in seconds.", data=stop_s),
        VectorData(name="split", description="train, val or test.", data=session.split[trials].tolist()),
    ]
    if session.forward is not None and part == "test":
        end_s = recorded_times(session, part)[1]
        columns.append(VectorData(name=RECORDING_STOP, description=_RECORDING_STOP, data=end_s))
    number = "Number of the trial in the dataset."
    columns.append(VectorData(name="number", description=number, data=trials.astype(np.int64)))
    if session.condition is not None:
        condition = session.condition[trials].astype(np.int64)
        columns.append(VectorData(name="condition", description="Number of the condition.", data=condition))
        if session.condition_names:
            names = np.array(session.condition_names)[condition].tolist()
            columns.append(
                VectorData(name="condition_name", description="Name of the condition.", data=names)
            )
    for name, events in _seen(session, part, once=True):
        row, time_s = _in_file(session, part, events)
        column = np.full(len(trials), np.nan)
        column[row] = time_s
        columns.append(VectorData(name=f"{name}_time", description=events.description, data=column))
    return TimeIntervals(
        name="trials",
        description="Trials, back to back.",
        columns=columns,
        colnames=[column.name for column in columns],
        # pynapple opens a table only if its ids count from 0.
        id=ElementIdentifiers(name="id", data=np.arange(len(trials))),
    )


def epochs_table(session: Session, part: Part) -> TimeIntervals | None:
    """Give the phases of the trials in the order of time, their names as tags; None without any."""
    from hdmf.common import ElementIdentifiers, VectorData, VectorIndex
    from pynwb.epoch import TimeIntervals

    trials = session.trials(part)
    start_s, stop_s, tags = [np.empty(0)], [np.empty(0)], [np.empty(0, "<U1")]
    for name, phase in session.phases.items():
        own = np.isin(phase.trial, trials)
        from_s = trial_times(session, part)[0][np.searchsorted(trials, phase.trial[own])]
        start_s.append(from_s + phase.start_s[own])
        stop_s.append(from_s + phase.stop_s[own])
        tags.append(np.full(own.sum(), name))
    starts, stops, names = (np.concatenate(parts) for parts in (start_s, stop_s, tags))
    if not len(starts):
        return None
    order = np.lexsort((stops, starts))
    tag = VectorData(name="tags", description="Name of the phase.", data=names[order].tolist())
    columns: list[Any] = [
        VectorData(name="start_time", description="Start of the phase in seconds.", data=starts[order]),
        VectorData(name="stop_time", description="End of the phase in seconds.", data=stops[order]),
        VectorIndex(name="tags_index", target=tag, data=np.arange(1, len(starts) + 1, dtype=np.uint64)),
        tag,
    ]
    return TimeIntervals(
        name="epochs",
        description="Phases of the trials.",
        columns=columns,
        colnames=["start_time", "stop_time", "tags"],
        id=ElementIdentifiers(name="id", data=np.arange(len(starts))),
    )


def events_tables(session: Session, part: Part) -> list[EventsTable]:
    """Give a table of every kind of event that some trial has twice, and that happens in this file."""
    return [
        _events_table(name, events, _in_file(session, part, events)[1])
        for name, events in _seen(session, part, once=False)
        if np.isin(events.trial, session.trials(part)).any()
    ]


def _events_table(name: str, events: Events, time_s: np.ndarray) -> EventsTable:
    from hdmf.common import ElementIdentifiers
    from pynwb.event import EventsTable, TimestampVectorData

    timestamp = TimestampVectorData(
        name="timestamp", description="Time of each event in seconds.", data=np.sort(time_s)
    )
    columns: Any = [timestamp]
    return EventsTable(
        name=name,
        description=events.description,
        columns=columns,
        colnames=["timestamp"],
        id=ElementIdentifiers(name="id", data=np.arange(len(time_s))),
    )


def _seen(session: Session, part: Part, once: bool) -> list[tuple[str, Events]]:
    """Give the events that a file shows, of those that happen at most once per trial or of the others."""
    return [
        (name, events)
        for name, events in sorted(session.events.items())
        if events.once_per_trial == once and not (events.behavior and part == "test")
    ]


def _in_file(session: Session, part: Part, events: Events) -> tuple[np.ndarray, np.ndarray]:
    """Give (event,) row of its trial and time in the file in seconds, for the events of a part."""
    trials = session.trials(part)
    own = np.isin(events.trial, trials)
    row = np.searchsorted(trials, events.trial[own])
    return row, trial_times(session, part)[0][row] + events.time_s[own]

"""Writing the NWB pair: what a lab gets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.atomic import replacing_file
from ctdspec.errors import DatasetError
from ctdspec.parallel import ordered_map
from ctdspec.seeds import stream
from ctdspec.store.digest import blocks, nwb_digest
from ctdspec.store.fired import Fired
from ctdspec.store.hdf5 import dataset_at
from ctdspec.store.layout import DatasetFolder, Part
from ctdspec.store.neuron_counts import NeuronCounts
from ctdspec.store.nwb_signals import SIGNALS
from ctdspec.store.nwb_storage import Storage
from ctdspec.store.nwb_structure import BEHAVIOR, OUTPUTS, STIMULUS, nwb_structure
from ctdspec.store.session import PARTS, Session
from ctdspec.store.spike_column import SpikeColumn
from ctdspec.store.spike_times import Clock, spike_times

if TYPE_CHECKING:
    import h5py

_CACHE_BYTES = 1 << 23
"""Room for a few chunks: blocks of trials do not end where chunks do."""
_BINS_AHEAD = 1 << 22
"""Bins that fired, of the neurons whose times are drawn at a time: some 40 bytes each."""


def write_nwb_pair(
    folder: DatasetFolder,
    session: Session,
    recorded: Any,
    stimulus: Any = None,
    outputs: Any = None,
    threads: int = 2,
    storage: Storage = "compressed",
    measured: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Write the two NWB files of a session.

    Arrays are in memory or on disk (NumPy, Zarr, h5py); each is read once, in blocks of trials, so that
    memory is bounded by a block.

    Parameters
    ----------
    folder
        Where to.
    session
        What the files say besides the signals.
    recorded
        Spike counts (trial, step, neuron) uint16, or what the session records instead of spikes, (trial,
        time, neuron) float32. In the padding of a trial, and where a neuron was not observed, counts must be
        0; a signal is left out of the file there. So is everything in the session's `forward` bins.
    stimulus, outputs : (trial, time, input or output), optional
        Left out for a system without. The stimulus goes into both files, the outputs into the train file.
    threads
        Threads that draw times and compress. The bytes do not depend on it.
    storage
        How long arrays lie on disk. The digests do not depend on it.
    measured : (trial, time, column) each, optional
        What was measured of the body, by name; into the train file. Left out for a system without a body.

    Returns
    -------
    dict
        The content digest (`nwb_digest`) of each file, by its path in the folder.

    Raises
    ------
    DatasetError
        If the arrays do not fit the session, a step holds more spikes than there are times, or a file would
        hold none (tools fail on an empty column).
    """
    _ensure_fits("stimulus", stimulus, session, session.input_names)
    _ensure_fits("outputs", outputs, session, session.output_names)
    for name, what in session.measurements.items():
        _ensure_fits(name, (measured or {}).get(name), session, what.columns)
    _ensure_records(recorded, session)
    paths: dict[Part, Path] = {
        part: folder.new_nwb(part, session.benchmark, session.session_id, _contents(session, part))
        for part in PARTS
    }
    with ExitStack() as stack:
        new: dict[Part, Path] = {
            part: stack.enter_context(replacing_file(path)) for part, path in paths.items()
        }
        counts = {} if session.signal_kind else _counts_by_neuron(session, recorded, folder, stack)
        with _created(new, session, storage, counts) as files:
            _fill_series(files, STIMULUS, stimulus, session)
            _fill_series({"train": files["train"]}, OUTPUTS, outputs, session)
            for name in session.measurements:
                series = (measured or {})[name]
                _fill_series({"train": files["train"]}, BEHAVIOR.format(name), series, session)
            if session.signal_kind:
                _fill_series(files, SIGNALS[session.signal_kind], recorded, session, of_neurons=True)
            times = _write_spikes(files, session, counts, threads)
        return {
            path.relative_to(folder.path).as_posix(): nwb_digest(new[part], times.get(part))
            for part, path in paths.items()
        }


def _contents(session: Session, part: Part) -> str:
    """Give what DANDI's names of files say of their contents."""
    recorded = "ophys" if session.signal_kind == "fluorescence" else "ecephys"
    return f"behavior+{recorded}" if session.output_names and part == "train" else recorded


@contextmanager
def _created(
    paths: Mapping[Part, Path], session: Session, storage: Storage, counts: Mapping[Part, NeuronCounts]
) -> Iterator[dict[Part, h5py.File]]:
    """Write the structure of each file and open it for its long arrays."""
    import h5py
    from pynwb import NWBHDF5IO

    with ExitStack() as stack:
        files: dict[Part, h5py.File] = {}
        for part, path in paths.items():
            n_spikes = counts[part].n_spikes if counts else 0
            with NWBHDF5IO(path=os.fspath(path), mode="w") as io:
                # Nobody adds rows to a file that is done; tables that could grow would lie in chunks.
                io.write(container=nwb_structure(session, part, storage, n_spikes), expandable=())
            files[part] = stack.enter_context(h5py.File(path, "r+", rdcc_nbytes=_CACHE_BYTES))
        yield files


def _fill_series(
    files: Mapping[Part, h5py.File], location: str, signal: Any, session: Session, of_neurons: bool = False
) -> None:
    """Copy the trials of each part, one after the other; of neurons, those of the part, where recorded."""
    if not any(location in file for file in files.values()):
        return
    filled = dict.fromkeys(files, 0)
    for trials, block in _blocks(signal):
        if of_neurons and (recorded := session.recorded_in(trials)) is not None:
            block = np.where(recorded, block, np.float32(np.nan))
        for part, file in files.items():
            rows = _own(block, trials, session, part, of_neurons)
            rows = rows.reshape(-1, rows.shape[2])
            dataset_at(file, location)[filled[part] : filled[part] + len(rows)] = rows
            filled[part] += len(rows)


def _own(block: np.ndarray, trials: slice, session: Session, part: Part, of_neurons: bool) -> np.ndarray:
    """Give the trials of a part, and of neurons those of the part; not a copy where that is everything."""
    own = np.isin(np.arange(trials.start, trials.stop), session.trials(part))
    rows = block if own.all() else block[own]
    neurons = session.neurons(part)
    return rows[..., neurons] if of_neurons and len(neurons) < session.n_neurons else rows


def _blocks(array: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Give the trials and the values of each block of an array."""
    start = 0
    for block in blocks(array):
        stop = start + len(block)
        yield slice(start, stop), block
        start = stop
        del block  # or it would still be in memory while the next one is read


def _counts_by_neuron(
    session: Session, spikes: Any, folder: DatasetFolder, stack: ExitStack
) -> dict[Part, NeuronCounts]:
    """Read the spikes once and keep, for each part, what its file shows."""
    counts: dict[Part, NeuronCounts] = {
        part: stack.enter_context(NeuronCounts(folder.path, len(session.neurons(part)))) for part in PARTS
    }
    for trials, block in _blocks(spikes):
        block = _before_end(block, session, trials)
        _ensure_silent(block, session, trials)
        for part, kept in counts.items():
            kept.append(_own(block, trials, session, part, of_neurons=True))
        del block
    for part, kept in counts.items():
        if not kept.n_spikes:
            raise DatasetError(f"spikes: no neuron fires in any trial of the {part} file; raise the rates")
    return counts


def _write_spikes(
    files: Mapping[Part, h5py.File], session: Session, counts: Mapping[Part, NeuronCounts], threads: int
) -> dict[Part, dict[str, str]]:
    """Turn the counts of each neuron into times; give the digests of the columns, by path."""
    clock = Clock.of(session.step_s)
    digests: dict[Part, dict[str, str]] = {}
    for part, kept in counts.items():
        purpose = "/".join(filter(None, ["spike_times", session.session_name, part]))
        ids = session.ids[session.neurons(part)]

        def timed(numbered: tuple[int, Fired], purpose: str = purpose) -> np.ndarray:
            return spike_times(numbered[1], clock, stream(session.seed, purpose, numbered[0]))

        with ThreadPoolExecutor(threads) as pool:
            column = SpikeColumn(files[part], pool)
            numbered = zip(ids.tolist(), kept.by_neuron(), strict=True)
            ahead = min(2 * threads, max(1, _BINS_AHEAD // max(1, kept.most_fired)))
            for times_s in ordered_map(timed, numbered, threads, ahead):
                column.append(times_s)
            digests[part] = {"/units/spike_times": column.close()}
    return digests


def _ensure_records(recorded: Any, session: Session) -> None:
    n_trials, n_bins = session.valid.shape
    steps = 1 if session.signal_kind else session.steps_per_bin
    expected = (n_trials, n_bins * steps, session.n_neurons)
    name, dtype = ("signals", "float32") if session.signal_kind else ("spikes", "uint16")
    if tuple(recorded.shape) != expected or recorded.dtype != np.dtype(dtype):
        what = f"{dtype} {'values' if session.signal_kind else 'counts'}"
        raise DatasetError(
            f"{name}: expected {what} of shape {expected}, found {recorded.dtype} of shape {recorded.shape}"
        )


def _before_end(spikes: np.ndarray, session: Session, trials: slice) -> np.ndarray:
    """Leave out the spikes (trial, step, neuron) of bins that are to be predicted."""
    if session.forward is None:
        return spikes
    ahead = np.repeat(session.forward[trials], session.steps_per_bin, axis=1)
    return np.where(ahead[..., None], np.uint16(0), spikes)


def _ensure_silent(spikes: np.ndarray, session: Session, trials: slice) -> None:
    """Refuse spikes where nothing is recorded: the files could not say that they are there."""
    recorded = session.recorded_in(trials)
    if recorded is None:
        return
    binned = spikes.reshape(*recorded.shape[:2], session.steps_per_bin, -1).any(axis=2)
    if (loud := binned & ~recorded).any():
        trial, _, neuron = np.argwhere(loud)[0]
        raise DatasetError(
            f"spikes: neuron {neuron} fires in trial {trials.start + trial} after its end, or while it is not"
            " observed; there, and in the padding, it must be silent"
        )


def _ensure_fits(name: str, signal: Any, session: Session, columns: tuple[str, ...]) -> None:
    found = None if signal is None or signal.shape[-1] == 0 else tuple(signal.shape)
    expected = (*session.valid.shape, len(columns)) if columns else None
    if found != expected:
        raise DatasetError(f"{name}: the session expects an array of shape {expected}, found {found}")

"""Writing the NWB pair: what a lab gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.atomic import replacing_file
from ctdspec.errors import DatasetError
from ctdspec.parallel import ordered_map
from ctdspec.seeds import stream
from ctdspec.store.digest import nwb_digest
from ctdspec.store.hdf5 import dataset_at
from ctdspec.store.layout import DatasetFolder, Part
from ctdspec.store.nwb_structure import OUTPUTS, STIMULUS, nwb_structure
from ctdspec.store.session import PARTS, Session
from ctdspec.store.spike_column import SpikeColumn
from ctdspec.store.spike_times import Clock, spike_times

if TYPE_CHECKING:
    import h5py

CountsOf = Callable[[slice], np.ndarray]
"""Gives the spike counts (trial, time, neuron) uint16 of a range of neurons."""

_GROUP_BYTES = 1 << 27
_BLOCK_VALUES = 1 << 21


def write_nwb_pair(
    folder: DatasetFolder,
    session: Session,
    counts_of: CountsOf,
    stimulus: Any = None,
    outputs: Any = None,
    threads: int = 2,
) -> dict[str, str]:
    """Write the two NWB files of a dataset.

    Parameters
    ----------
    folder
        Where to.
    session
        What the files say besides the signals.
    counts_of
        The spikes, asked for in groups of neurons, each group once: memory is bounded by a group.
    stimulus, outputs : (trial, time, input or output), optional
        Arrays in memory or on disk (NumPy, Zarr, h5py) that are read in blocks of trials; left out for a
        system without. The stimulus goes into both files, the outputs into the train file.
    threads
        Threads that draw times and compress. The bytes do not depend on it.

    Returns
    -------
    dict
        The content digest (`nwb_digest`) of each file, by its path in the folder.

    Raises
    ------
    DatasetError
        If the signals do not fit the session, a bin holds more spikes than there are times, or a file would
        hold none (tools fail on an empty column).
    """
    _ensure_fits("stimulus", stimulus, session, session.input_names)
    _ensure_fits("outputs", outputs, session, session.output_names)
    paths: dict[Part, Path] = {part: _path(folder, session, part) for part in PARTS}
    with ExitStack() as stack:
        new: dict[Part, Path] = {
            part: stack.enter_context(replacing_file(path)) for part, path in paths.items()
        }
        with _created(new, session) as files:
            for part, file in files.items():
                _fill_series(file, STIMULUS, stimulus, session.trials(part))
                _fill_series(file, OUTPUTS, outputs, session.trials(part))
            times = _write_spikes(files, session, counts_of, threads)
        return {
            path.relative_to(folder.path).as_posix(): nwb_digest(
                new[part], {"/units/spike_times": times[part]}
            )
            for part, path in paths.items()
        }


def _path(folder: DatasetFolder, session: Session, part: Part) -> Path:
    return folder.new_nwb(part, session.benchmark, session.seed, bool(session.output_names))


@contextmanager
def _created(paths: Mapping[Part, Path], session: Session) -> Iterator[dict[Part, h5py.File]]:
    """Write the structure of each file and open it for its long arrays."""
    import h5py
    from pynwb import NWBHDF5IO

    with ExitStack() as stack:
        files: dict[Part, h5py.File] = {}
        for part, path in paths.items():
            with NWBHDF5IO(path=os.fspath(path), mode="w") as io:
                io.write(container=nwb_structure(session, part))
            files[part] = stack.enter_context(h5py.File(path, "r+"))
        yield files


def _fill_series(file: h5py.File, location: str, signal: Any, trials: np.ndarray) -> None:
    """Copy the trials of a part, one after the other, in blocks of whole trials."""
    if location not in file:
        return
    series, (_, n_bins, width) = dataset_at(file, location), signal.shape
    trials_per_block = max(1, _BLOCK_VALUES // (n_bins * width))
    for start in range(0, len(trials), trials_per_block):
        block = trials[start : start + trials_per_block]
        rows = np.asarray(signal[block[0] : block[-1] + 1])[block - block[0]]
        series[start * n_bins : (start + len(block)) * n_bins] = rows.reshape(-1, width)


def _write_spikes(
    files: Mapping[Part, h5py.File], session: Session, counts_of: CountsOf, threads: int
) -> dict[Part, str]:
    """Turn the counts of each neuron into times, in every file that shows the neuron."""
    clock = Clock.of(session.bin_s)
    trials = {part: session.trials(part) for part in files}

    def timed(neuron_and_counts: tuple[int, np.ndarray]) -> dict[Part, np.ndarray]:
        neuron, counts = neuron_and_counts
        counts = _in_trials(np.ascontiguousarray(counts), session, neuron)
        return {
            part: spike_times(
                counts[trials[part]], clock, stream(session.seed, f"spike_times/{part}", neuron)
            )
            for part in files
            if part == "train" or not session.held_out[neuron]
        }

    with ThreadPoolExecutor(threads) as pool:
        columns: dict[Part, SpikeColumn] = {part: SpikeColumn(file, pool) for part, file in files.items()}
        for times in ordered_map(timed, _counts_by_neuron(session, counts_of), threads, ahead=2 * threads):
            for part, times_s in times.items():
                columns[part].append(times_s)
        for part, column in columns.items():
            if not column.n_spikes:
                raise DatasetError(
                    f"spikes: no neuron fires in any trial of the {part} file; raise the rates"
                )
        return {part: column.close() for part, column in columns.items()}


def _counts_by_neuron(session: Session, counts_of: CountsOf) -> Iterator[tuple[int, np.ndarray]]:
    """Give each neuron's number and counts (trial, time)."""
    shape = session.valid.shape
    group = max(1, _GROUP_BYTES // (2 * session.valid.size))
    for start in range(0, session.n_neurons, group):
        neurons = slice(start, min(start + group, session.n_neurons))
        counts = counts_of(neurons)
        if counts.shape != (*shape, neurons.stop - start) or counts.dtype != np.uint16:
            raise DatasetError(
                f"spikes of neurons {start} to {neurons.stop - 1}: expected uint16 counts of shape"
                f" {(*shape, neurons.stop - start)}, found {counts.dtype} of shape {counts.shape}"
            )
        for i in range(counts.shape[2]):
            yield start + i, counts[..., i]


def _in_trials(counts: np.ndarray, session: Session, neuron: int) -> np.ndarray:
    if not session.valid.all() and counts[~session.valid].any():
        raise DatasetError(
            f"spikes: neuron {neuron} fires after the end of a trial; the padding must be silent"
        )
    return counts


def _ensure_fits(name: str, signal: Any, session: Session, columns: tuple[str, ...]) -> None:
    found = None if signal is None or signal.shape[-1] == 0 else tuple(signal.shape)
    expected = (*session.valid.shape, len(columns)) if columns else None
    if found != expected:
        raise DatasetError(f"{name}: the session expects an array of shape {expected}, found {found}")

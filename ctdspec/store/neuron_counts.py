"""Spike counts that arrive by trials and leave by neurons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from ctdspec.store.fired import Fired

_FIRED = np.dtype([("bin", "<u4"), ("count", "<u2")])
_SEGMENT_VALUES = 1 << 22
_GROUP_BYTES = 1 << 24


@dataclass(frozen=True)
class _Segment:
    """Some trials in the file: the bins that fired, neuron after neuron."""

    first_bin: int
    offset: int
    bounds: np.ndarray
    """(neuron + 1,) where each neuron starts among the records of the segment."""


class NeuronCounts:
    """The counts of a recording, turned from trials to neurons on disk: memory is bounded by a block.

    The truth is in chunks of trials that hold every neuron. It is read once; what is kept are the bins that
    fired, in a nameless file in `folder`, which is gone when the context ends.
    """

    def __init__(self, folder: Path, n_neurons: int) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115  closed by __exit__
        self._segments: list[_Segment] = []
        self._n_bins = 0
        self._end = 0
        self._fired = np.zeros(n_neurons, np.int64)
        self.n_spikes = 0
        """Spikes of all neurons."""

    def __enter__(self) -> NeuronCounts:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def append(self, counts: np.ndarray) -> None:
        """Add the next trials (trial, step, neuron) uint16."""
        rows = max(1, _SEGMENT_VALUES // max(1, counts[0].size)) if len(counts) else 1
        for start in range(0, len(counts), rows):
            self._append_segment(counts[start : start + rows])

    def by_neuron(self) -> Iterator[Fired]:
        """Give the bins (trial × step) in which each neuron fired."""
        for start, stop in self._groups():
            pieces = [(segment, self._read(segment, start, stop)) for segment in self._segments]
            for neuron in range(start, stop):
                bins, counts = [np.empty(0, np.int64)], [np.empty(0, np.uint16)]
                for segment, records in pieces:
                    own = slice(*(segment.bounds[neuron : neuron + 2] - segment.bounds[start]))
                    bins.append(records["bin"][own] + np.int64(segment.first_bin))
                    counts.append(records["count"][own])
                yield Fired(np.concatenate(bins), np.concatenate(counts), self._n_bins)

    @property
    def most_fired(self) -> int:
        """Bins that the busiest neuron fired in."""
        return int(self._fired.max(initial=0))

    def _append_segment(self, counts: np.ndarray) -> None:
        n_neurons, n_bins = len(self._fired), counts.shape[0] * counts.shape[1]
        flat = np.ascontiguousarray(counts.reshape(n_bins, n_neurons).T).reshape(-1)
        fired = np.flatnonzero(flat != 0)  # several times as fast as of the counts
        bounds = np.searchsorted(fired, np.arange(n_neurons + 1) * n_bins)
        records = np.empty(len(fired), _FIRED)
        records["bin"] = fired - np.repeat(np.arange(n_neurons) * n_bins, np.diff(bounds))
        records["count"] = flat[fired]
        self._file.write(records.data)
        self._segments.append(_Segment(self._n_bins, self._end, bounds))
        self._end += records.nbytes
        self._n_bins += n_bins
        self._fired += np.diff(bounds)
        self.n_spikes += int(records["count"].sum(dtype=np.int64))

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Give first and last + 1 of neurons that are read together."""
        sizes = np.cumsum(self._fired) * _FIRED.itemsize
        start = 0
        while start < len(sizes):
            before = sizes[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(sizes, before + _GROUP_BYTES, side="right")))
            yield start, stop
            start = stop

    def _read(self, segment: _Segment, start: int, stop: int) -> np.ndarray:
        first, last = int(segment.bounds[start]), int(segment.bounds[stop])
        self._file.seek(segment.offset + first * _FIRED.itemsize)
        return np.frombuffer(self._file.read((last - first) * _FIRED.itemsize), _FIRED)

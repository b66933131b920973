"""The column of spike times in a units table, written as a stream."""

from __future__ import annotations

import zlib
from collections import deque
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.store.digest import ArrayDigest
from ctdspec.store.hdf5 import dataset_at
from ctdspec.store.nwb_storage import CHUNK_VALUES

if TYPE_CHECKING:
    import h5py

_WAITING_CHUNKS = 4


class SpikeColumn:
    """Fills ``spike_times`` and ``spike_times_index`` of an open NWB file, unit by unit.

    Both have their final size. Times are written in chunks; where the file compresses them, a pool does it,
    since HDF5 does it on one thread, and the main thread writes them in order, so that the bytes do not
    depend on the number of threads.
    """

    def __init__(self, file: h5py.File, pool: Executor) -> None:
        self._times = dataset_at(file, "units/spike_times")
        self._index = dataset_at(file, "units/spike_times_index")
        self._plain = self._times.chunks is None
        self._pool = pool
        self._digest = ArrayDigest(np.float64)
        self._ends: list[int] = []
        self._chunk = np.empty(CHUNK_VALUES)
        self._filled = 0
        self._written = 0
        self._waiting: deque[Future[bytes]] = deque()

    @property
    def n_spikes(self) -> int:
        """Spikes that were added."""
        return self._ends[-1] if self._ends else 0

    def append(self, times_s: np.ndarray) -> None:
        """Add the spike times (spike,) of the next unit, in seconds."""
        self._digest.update(times_s)
        self._ends.append(self.n_spikes + len(times_s))
        while len(times_s):
            part, times_s = np.split(times_s, [CHUNK_VALUES - self._filled])
            self._chunk[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            if self._filled == CHUNK_VALUES:
                self._hand_over()

    def close(self) -> str:
        """Write what is left and give the digest of all times."""
        if self._filled:
            self._chunk[self._filled :] = 0
            self._hand_over()
        while self._waiting:
            self._write_one()
        self._index[...] = self._ends
        return self._digest.hexdigest((self.n_spikes,))

    def _hand_over(self) -> None:
        if self._plain:
            self._times[self._written : self._written + self._filled] = self._chunk[: self._filled]
            self._written += self._filled
        else:
            self._waiting.append(self._pool.submit(_compressed, self._chunk))
            self._chunk = np.empty(CHUNK_VALUES)
        self._filled = 0
        if len(self._waiting) > _WAITING_CHUNKS:
            self._write_one()

    def _write_one(self) -> None:
        compressed = self._waiting.popleft().result()
        self._times.id.write_direct_chunk((self._written,), compressed)
        self._written += CHUNK_VALUES


def _compressed(chunk: np.ndarray) -> bytes:
    """Give a chunk as HDF5's filters shuffle and gzip read it: any valid zlib stream (RFC 1950, 1951).

    Sorted times on a dyadic clock, shuffled, are byte planes of two kinds: runs and noise. Runs are
    run-length encoded and noise is stored, in a fifth of the time of gzip level 1 for a sixth more bytes.
    """
    planes = np.ascontiguousarray(chunk.view(np.uint8).reshape(-1, chunk.itemsize).T)
    pieces = [_ZLIB_HEADER]
    for plane in planes:
        repeats = np.count_nonzero(plane[1:] == plane[:-1])
        level = 1 if repeats > len(plane) // 2 else 0
        deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
        # A flush ends a piece on a whole byte, so that the next one can follow it.
        pieces += [deflate.compress(plane.data), deflate.flush(zlib.Z_SYNC_FLUSH)]
    pieces += [_LAST_BLOCK, zlib.adler32(planes.data).to_bytes(4, "big")]
    return b"".join(pieces)


_ZLIB_HEADER = b"\x78\x01"
_LAST_BLOCK = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS).flush()

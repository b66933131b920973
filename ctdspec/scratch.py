"""Arrays that may be larger than memory, and the pieces in which they are worked on.

A large array lies in a file that has no name: the system reads and writes its pages as they are used, and the
file is gone with the array, however the process ends. Whoever works on it piece by piece needs memory for a
piece only.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile, gettempdir

import numpy as np
from numpy.typing import DTypeLike

from ctdspec.errors import StorageError

LARGE_BYTES = 1 << 25
"""Arrays of so many bytes, and larger ones, lie in a file."""
PIECE_VALUES = 1 << 18
"""Numbers that are worked on at once: few enough for the processor's cache."""
UNPACKED_VALUES = 1 << 22
"""Numbers that are read at once from a file of chunks: a chunk is unpacked for every piece that it is in."""


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Give an array to be filled: in memory while it is small, else in a file below TMPDIR.

    Raises
    ------
    StorageError
        If there is no room for the file.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes < LARGE_BYTES:
        return np.empty(shape, dtype)
    try:
        with TemporaryFile(prefix="ctdspec-") as file:
            if sys.platform == "linux":
                # Without room, writing to a page later would kill the process.
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            return np.asarray(np.memmap(file, dtype, "r+", shape=shape))
    except OSError as error:
        raise StorageError(
            f"{gettempdir()}: no room for an array of {n_bytes / 1e9:.2g} GB ({error.strerror});"
            " free some, or set TMPDIR to a folder on a larger disk"
        ) from error


def pieces(array_or_shape: np.ndarray | tuple[int, ...], n_values: int | None = None) -> Iterator[slice]:
    """Give slices of the rows, in order, each of at most `n_values` numbers, or of one row.

    Left out, the number is `PIECE_VALUES`.
    """
    shape = array_or_shape.shape if isinstance(array_or_shape, np.ndarray) else array_or_shape
    per_row = max(1, math.prod(shape[1:]))
    at_once = max(1, (n_values or PIECE_VALUES) // per_row)
    for start in range(0, shape[0], at_once):
        yield slice(start, min(start + at_once, shape[0]))


def by_pieces(
    function: Callable[..., np.ndarray], *arrays: np.ndarray, n_columns: int, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Give what a function makes of arrays (row, …, column), piece after piece: (row, …, `n_columns`)."""
    shape = arrays[0].shape[:-1]
    found = empty((*shape, n_columns), dtype)
    for piece in pieces((*shape, max(n_columns, arrays[0].shape[-1]))):
        found[piece] = function(*(array[piece] for array in arrays))
    return found


def taken(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Give ``array[rows]`` for an array of row numbers, in a file if it is large."""
    found = empty((len(rows), *array.shape[1:]), array.dtype)
    for piece in pieces(found):
        found[piece] = array[rows[piece]]
    return found


def columns(array: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Give ``array[..., chosen]``, for a mask or numbers, in a file if it is large."""
    numbers = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    return by_pieces(lambda piece: piece[..., numbers], array, n_columns=len(numbers), dtype=array.dtype)

"""How the long arrays of an NWB file lie on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from hdmf.backends.hdf5 import H5DataIO

Storage = Literal["compressed", "plain"]
"""In compressed chunks, or in one piece: the bytes of a plain file do not depend on the HDF5 library."""

CHUNK_VALUES = 1 << 18


def unwritten(shape: tuple[int, ...], dtype: type, storage: Storage) -> H5DataIO:
    """Declare a dataset that is created with the file and filled later."""
    from hdmf.backends.hdf5 import H5DataIO

    filters: dict[str, Any] = {}
    if storage == "compressed":
        width = int(np.prod(shape[1:], dtype=np.int64))
        filters = {
            "maxshape": (None, *shape[1:]),
            "chunks": (max(1, CHUNK_VALUES // max(1, width)), *shape[1:]),
            "compression": "gzip",
            "compression_opts": 1,
            "shuffle": True,
        }
    return H5DataIO(shape=shape, dtype=np.dtype(dtype), **filters)

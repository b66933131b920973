"""Digests of content: equal for equal numbers, however they are chunked, compressed or ordered on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py

_BLOCK_BYTES = 1 << 23


class ArrayDigest:
    """SHA-256 of an array that arrives in blocks along its first axis.

    The digest covers the dtype (little-endian), the shape, and the values in C order. It does not depend on
    the size of the blocks.
    """

    def __init__(self, dtype: np.dtype | type | str) -> None:
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._content = hashlib.sha256()

    def update(self, block: np.ndarray) -> None:
        """Add the next rows."""
        rows = np.ascontiguousarray(block, self._dtype)
        self._content.update(rows.reshape(-1).view(np.uint8).data)

    def hexdigest(self, shape: tuple[int, ...]) -> str:
        """Give the digest of what was added, as an array of this shape."""
        header = json.dumps([self._dtype.str, list(shape)])
        return hashlib.sha256(header.encode() + self._content.digest()).hexdigest()


def array_digest(array: np.ndarray) -> str:
    """Give the digest of an array in memory."""
    digest = ArrayDigest(array.dtype)
    digest.update(array)
    return digest.hexdigest(array.shape)


def combined_digest(parts: Mapping[str, str]) -> str:
    """Give the SHA-256 of named digests, or of other short texts, whatever their order."""
    return hashlib.sha256(_sorted_json(dict(parts)).encode()).hexdigest()


_sorted_json = json.JSONEncoder(sort_keys=True).encode


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def nwb_digest(path: Path, known: Mapping[str, str] | None = None) -> str:
    """Give the digest of what an NWB file says.

    Left out is what says nothing: object ids, the creation date of the file, and the cached schema. So the
    digest is the same for any compression, any chunks and any build of the HDF5 library.

    Parameters
    ----------
    path
        The HDF5 file.
    known
        Array digests that the writer knows already, by path in the file, e.g. ``/units/spike_times``.
    """
    import h5py

    known = known or {}
    with h5py.File(path, "r") as file:
        return combined_digest({str(node.name): _node_digest(node, known) for node in _nodes(file)})


_SILENT_NODES = ("specifications", "file_create_date")
_SILENT_ATTRIBUTES = ("object_id", ".specloc")


def _nodes(group: h5py.Group) -> Iterator[h5py.Group | h5py.Dataset]:
    import h5py

    yield group
    for name, child in group.items():
        if group.name == "/" and name in _SILENT_NODES:
            continue
        if isinstance(child, h5py.Group):
            yield from _nodes(child)
        else:
            yield child


def _node_digest(node: h5py.Group | h5py.Dataset, known: Mapping[str, str]) -> str:
    import h5py

    attributes = {
        name: _plain(value, node.file) for name, value in node.attrs.items() if name not in _SILENT_ATTRIBUTES
    }
    parts = {"attributes": json.dumps(attributes, sort_keys=True)}
    if isinstance(node, h5py.Dataset):
        parts["content"] = known.get(str(node.name)) or _dataset_digest(node)
    return combined_digest(parts)


def _dataset_digest(dataset: h5py.Dataset) -> str:
    if dataset.dtype.hasobject:
        text = json.dumps([list(dataset.shape), _plain(dataset[()], dataset.file)])
        return hashlib.sha256(text.encode()).hexdigest()
    digest = ArrayDigest(dataset.dtype)
    for block in blocks(dataset):
        digest.update(block)
    return digest.hexdigest(dataset.shape)


def blocks(array: Any) -> Iterator[np.ndarray]:
    """Give the rows of an array on disk (h5py, Zarr) in order, in blocks of bounded size."""
    if array.ndim == 0 or array.size == 0:
        yield np.asarray(array[()])
        return
    row_bytes = max(1, array.nbytes // array.shape[0])
    unit = (getattr(array, "chunks", None) or (1,))[0]
    rows = unit * max(1, _BLOCK_BYTES // (unit * row_bytes))
    for start in range(0, array.shape[0], rows):
        yield np.asarray(array[start : start + rows])


def _plain(value: Any, file: h5py.File) -> Any:
    """Give a value as JSON has it; a reference is the path it points to."""
    import h5py

    if isinstance(value, h5py.Reference):
        return str(file[value].name)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return [_plain(item, file) for item in value.tolist()]
    return value.item() if isinstance(value, np.generic) else value

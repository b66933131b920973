"""Looking at a stranger's HDF5 file without reading it: what is there, and whether it is what it seems.

Nothing is opened through a link, and nothing is read or allocated here. Only what HDF5's own library does by
itself is used: no filter plugin, no file but this one.
"""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import math
from collections.abc import Iterator

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t, h5z

from ctdspec.submissions.expected import Problem, coded

MAX_OBJECTS = 64
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_BYTES = 2 << 20
MAX_CHUNK_BYTES = 64 << 20
MAX_CHUNKS = 1 << 16
_CHUNK_SLACK_BYTES = 64 << 10
_LZF = 32000
_FILTERS = {h5z.FILTER_DEFLATE: "gzip", h5z.FILTER_SHUFFLE: "shuffle", h5z.FILTER_FLETCHER32: "fletcher32"}
_FILTERS |= {_LZF: "lzf"}
FLOATS = (h5t.IEEE_F32LE, h5t.IEEE_F64LE, h5t.IEEE_F32BE, h5t.IEEE_F64BE)
BYTES = (h5t.STD_U8LE,)
_NUMBERS = (h5t.INTEGER, h5t.FLOAT, h5t.ENUM)
_SCALARS = (h5t.STRING, h5t.INTEGER, h5t.ENUM)
_PLAIN = "write plain float32 data into this file, as h5py's create_dataset does"
_UNCOMPRESSED = "write it uncompressed"


def child(group: h5g.GroupID, name: str, place: str) -> h5o.ObjectID | Problem | None:
    """Open a child that lies in the group itself; a link to elsewhere is a problem; None if there is none."""
    key = name.encode()
    if not group.links.exists(key):
        return None
    if group.links.get_info(key).type != h5l.TYPE_HARD:
        return coded("SUB-SAF-004", place, "a link", "the data itself", "copy the data into the file")
    return h5o.open(group, key)


def address(opened: h5o.ObjectID) -> tuple[int, int]:
    """Give what tells an object from every other one, whatever it is called."""
    info = h5o.get_info(opened)
    return info.fileno, info.addr


def names(group: h5g.GroupID, allowed: tuple[str, ...], place: str) -> tuple[list[str], list[Problem]]:
    """Give those children of a group that are allowed, and a problem for each of the others."""
    wanted = ", ".join(allowed)
    if (n := group.get_num_objs()) > MAX_OBJECTS:
        return [], [coded("SUB-SAF-010", place, f"{n} objects", f"only {wanted}", "remove the others")]
    found = [name.decode(errors="replace") for name in group]
    advice = "rename or remove it; nothing else is read"
    foreign = [
        coded("SUB-STR-008", f"{place}/{name[:80]}", "an unknown name", f"one of {wanted}", advice)
        for name in found
        if name not in allowed
    ]
    return [name for name in allowed if name in found], foreign


def dataset_problems(
    dataset: h5d.DatasetID, place: str, kinds: tuple[h5t.TypeID, ...] = FLOATS
) -> Iterator[Problem]:
    """Find why a dataset of the right shape should not be read."""
    properties, kind = dataset.get_create_plist(), dataset.get_type()
    if not any(kind.equal(allowed) for allowed in kinds):
        code = "SUB-STR-014" if kind.get_class() in _NUMBERS else "SUB-SAF-012"
        expected = "uint8" if kinds == BYTES else "float32 (or float64)"
        yield coded(code, place, _type_name(kind), expected, _PLAIN)
    elif properties.get_layout() == h5d.VIRTUAL:
        yield coded(
            "SUB-SAF-005", place, "a virtual dataset, a view of other files", "the data itself", _PLAIN
        )
    elif properties.get_external_count():
        yield coded("SUB-SAF-006", place, "data stored in other files", "the data itself", _PLAIN)
    elif found := _strange_filters(properties):
        allowed = ", ".join(_FILTERS.values())
        yield coded("SUB-SAF-007", place, found, f"no filter, or {allowed}", _UNCOMPRESSED)
    elif properties.get_layout() == h5d.CHUNKED:
        yield from _chunk_problems(dataset, properties.get_chunk(), place)
    elif dataset.get_storage_size() < math.prod(dataset.shape) * kind.get_size():
        yield _incomplete(place, "a shape without data")


def attribute_problems(opened: h5o.ObjectID, place: str) -> Iterator[Problem]:
    """Find attributes that are too many or too large to be looked at."""
    advice = "keep the attributes of docs/submissions.md; put long texts elsewhere"
    if (n := h5a.get_num_attrs(opened)) > MAX_ATTRIBUTES:
        yield coded("SUB-SAF-013", place, f"{n} attributes", f"at most {MAX_ATTRIBUTES}", advice)
        return
    largest = max((h5a.get_info(opened, index=index).data_size for index in range(n)), default=0)
    if largest > MAX_ATTRIBUTE_BYTES:
        found = f"an attribute of {largest} bytes"
        yield coded("SUB-SAF-013", place, found, f"at most {MAX_ATTRIBUTE_BYTES} bytes", advice)


def shape(dataset: h5d.DatasetID) -> tuple[int, ...]:
    """Give the shape; ``()`` for a scalar and for an empty dataspace."""
    is_array = dataset.get_space().get_simple_extent_type() == h5s.SIMPLE
    return tuple(dataset.shape) if is_array else ()


def scalar_attribute(group: h5g.GroupID, name: str) -> str | int | bool | None:
    """Give an attribute that is one string, integer or boolean; None if it is missing or anything else."""
    if not h5a.exists(group, name.encode()):
        return None
    attribute = h5a.open(group, name.encode())
    if attribute.shape not in ((), (1,)) or attribute.get_type().get_class() not in _SCALARS:
        return None
    value = np.asarray(h5py.AttributeManager(h5py.Group(group))[name]).reshape(()).item()
    return value.decode() if isinstance(value, bytes) else value


def _strange_filters(properties: h5py.h5p.PropDCID) -> str | None:
    """Name a filter that HDF5 does not bring itself, or one that is applied twice: a bomb in a bomb."""
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if unknown := set(filters) - set(_FILTERS):
        return f"filter {min(unknown)}"
    return "a filter that is applied twice" if len(set(filters)) < len(filters) else None


def _type_name(kind: h5t.TypeID) -> str:
    try:
        return f"type {kind.dtype}"
    except TypeError:
        return "a type that NumPy does not know"


def _incomplete(place: str, found: str) -> Problem:
    return coded("SUB-STR-015", place, found, "a value for every bin", "write the whole array")


def _chunk_problems(dataset: h5d.DatasetID, chunk: tuple[int, ...], place: str) -> Iterator[Problem]:
    raw = math.prod(chunk) * dataset.get_type().get_size()
    wanted = math.prod(math.ceil(size / step) for size, step in zip(dataset.shape, chunk, strict=True))
    if raw > MAX_CHUNK_BYTES:
        found, advice = f"chunks of {raw} bytes", "use smaller chunks, or none"
        yield coded("SUB-SAF-008", place, found, f"at most {MAX_CHUNK_BYTES} bytes", advice)
    elif wanted > MAX_CHUNKS:
        yield coded("SUB-SAF-008", place, f"{wanted} chunks", f"at most {MAX_CHUNKS}", "use larger chunks")
    elif dataset.get_num_chunks() != wanted:
        yield _incomplete(place, f"{dataset.get_num_chunks()} of {wanted} chunks")
    elif (largest := _largest_chunk(dataset)) > raw + _CHUNK_SLACK_BYTES:
        found, expected = f"a chunk stored in {largest} bytes", f"at most its size in memory, {raw} bytes"
        yield coded("SUB-SAF-009", place, found, expected, _UNCOMPRESSED)


def _largest_chunk(dataset: h5d.DatasetID) -> int:
    sizes = [0]
    dataset.chunk_iter(lambda stored: sizes.append(stored.size))
    return max(sizes)

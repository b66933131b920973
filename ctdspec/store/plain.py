"""Looking at a dataset that someone else made, before anything of it is read.

Nothing is opened through a link. NWB files are looked at by a child process that can open no other file and
whose memory and time are bounded; their values are read only if nothing is found.
"""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ctdspec.submissions.expected import Problem
from ctdspec.submissions.regular import try_to_open

MAX_JSON_BYTES = 16 << 20
MAX_CHUNK_BYTES = 256 << 20
MAX_OBJECTS = 10_000
MAX_DEPTH = 16
MAX_SOFT_LINKS = 8
"""NWB itself links planes to their segmentations; many links double what a reader finds, again and again."""
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_BYTES = 2 << 20
CODECS = ("bytes", "blosc")
"""Those of the truth; others may be code that is loaded, or unpack to any size."""
FILTERS = (1, 2, 3)
"""HDF5's gzip, shuffle and fletcher32."""
_BLOSC_HEADER = struct.Struct("<4xI4xI")
"""Of what is in it: the bytes before and after packing."""
_ZARR_2 = (".zarray", ".zgroup", ".zmetadata")
_MEMORY_BYTES, _CPU_S, _WALL_S = 1_250_000_000, 10, 60
_CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import ctdspec.store.plain as p; p.child()"

Found = tuple[str, str]
"""A place in the dataset, and what is strange there."""


def strange_entries(folder: Path) -> Iterator[Found]:
    """Find entries, at any depth, that are neither files nor folders: links, pipes, devices."""
    for path in _walk(folder):
        kind = path.lstat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            what = "a symbolic link" if stat.S_ISLNK(kind) else "a pipe or a device"
            yield path.relative_to(folder).as_posix(), what


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=False):
        yield from (Path(root) / name for name in (*folders, *files))


def large_descriptions(folder: Path) -> Iterator[Found]:
    """Find JSON files that are too large to be descriptions."""
    for path in _walk(folder):
        if path.suffix == ".json" and (n := path.lstat().st_size) > MAX_JSON_BYTES:
            yield path.relative_to(folder).as_posix(), f"{n} bytes"


def strange_stores(folder: Path) -> Iterator[Found]:
    """Find Zarr arrays whose chunks are not those that they declare, or are packed by unknown codecs."""
    for path in _walk(folder):
        place = path.relative_to(folder).as_posix()
        if path.name in _ZARR_2:
            yield place, "metadata of Zarr 2, whose codecs may be code"
        if path.name == "zarr.json":
            try:
                about = json.loads(path.read_bytes())
                if about.get("consolidated_metadata") is not None:
                    yield place, "consolidated metadata, which may say something else than the arrays"
                if about["node_type"] == "array":
                    yield from ((place, text) for text in _array_problems(path.parent, about))
            except (
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
                IndexError,
                RecursionError,
                OverflowError,
            ) as error:
                yield place, f"metadata that cannot be read ({type(error).__name__})"


def _array_problems(array: Path, about: dict[str, Any]) -> Iterator[str]:
    if unknown := [codec["name"] for codec in about["codecs"] if codec["name"] not in CODECS]:
        yield f"codec {str(unknown[0])[:40]!r}"
    shape = [int(n) for n in about["shape"]]
    chunk = [int(n) for n in about["chunk_grid"]["configuration"]["chunk_shape"]]
    if len(shape) != len(chunk) or any(n < 0 for n in shape) or any(n < 1 for n in chunk):
        yield f"shape {shape} in chunks {chunk}"
        return
    if math.prod(chunk) * 8 > MAX_CHUNK_BYTES:
        yield f"chunks of shape {tuple(chunk)}"
    wanted = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
    chunks = [path for path in (array / "c", *_walk(array / "c")) if path.is_file()]
    # A chunk less is damage, which is found by name where digests are compared.
    if wanted > 2 * len(chunks) + 1000:
        yield f"shape {tuple(shape)}, which needs {wanted} chunks, with {len(chunks)} of them"
    raw = math.prod(chunk) * np.dtype(about["data_type"]).itemsize
    packed = any(codec["name"] == "blosc" for codec in about["codecs"])
    if packed and (wrong := sum(not _is_packed(path, raw) for path in chunks)):
        yield f"{wrong} chunks that do not unpack to {raw} bytes, or are cut off"


def _is_packed(path: Path, raw: int) -> bool:
    """Say whether the header of a chunk that Blosc packed has the file's size, and `raw` bytes unpacked."""
    with path.open("rb") as file:
        header = file.read(_BLOSC_HEADER.size)
    if len(header) < _BLOSC_HEADER.size:
        return False
    unpacked, packed = _BLOSC_HEADER.unpack(header)
    return unpacked == raw and packed == path.stat().st_size


def strange_nwb(folder: Path) -> Iterator[Found]:
    """Find NWB files that are not plain HDF5: see `hdf5_problems`."""
    for path in sorted(path for path in _walk(folder) if path.suffix == ".nwb"):
        opened = try_to_open(path)
        place = path.relative_to(folder).as_posix()
        if isinstance(opened, Problem):
            yield place, opened.found
            continue
        with opened:
            yield from ((place, text) for text in _looked_at_apart(opened))


def _looked_at_apart(file: BinaryIO) -> list[str]:
    command = [sys.executable, "-I", "-c", _CHILD, json.dumps(sys.path), str(file.fileno())]
    try:
        done = subprocess.run(
            command,
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"},
            pass_fds=[file.fileno()],
            capture_output=True,
            timeout=_WALL_S,
            check=True,
        )
        return [str(text) for text in json.loads(done.stdout)]
    except (subprocess.SubprocessError, ValueError):
        return ["a file that crashes its reader, or needs too much time or memory"]


def child() -> None:
    """Look at one file that the parent has opened, and print what is strange about it."""
    import h5py

    with os.fdopen(int(sys.argv[2]), "rb") as file:
        used_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limits = {
            resource.RLIMIT_CPU: math.ceil(used_s) + _CPU_S,
            resource.RLIMIT_AS: _MEMORY_BYTES,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NOFILE: 0,
        }
        for kind, most in limits.items():
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
        try:
            with h5py.File(file, "r") as opened:
                found = list(hdf5_problems(opened))
        except Exception as error:  # a damaged HDF5 file raises almost anything
            found = [f"a damaged file ({str(error)[:120]})"]
    sys.stdout.write(json.dumps(found[:20]))


def hdf5_problems(file: Any) -> Iterator[str]:
    """Find links, data that are elsewhere or missing, other filters, large trees and attributes."""
    from h5py import h5g, h5l, h5o

    seen: set[tuple[int, int]] = set()
    n_links = 0
    waiting = [(h5g.open(file.id, b"/"), "", 0)]
    while waiting:
        group, place, depth = waiting.pop()
        if depth > MAX_DEPTH or len(seen) + group.get_num_objs() > MAX_OBJECTS:
            yield f"{place}: more than {MAX_OBJECTS} objects, or {MAX_DEPTH} groups in each other"
            return
        yield from _attribute_problems(group, place)
        for name in list(group):
            inner = f"{place}/{name.decode(errors='replace')[:80]}"
            if (kind := group.links.get_info(name).type) != h5l.TYPE_HARD:
                n_links += 1
                if kind != h5l.TYPE_SOFT:
                    yield f"{inner}: a link to another file"
                elif n_links > MAX_SOFT_LINKS or _leads_back(group.links.get_val(name), inner):
                    yield f"{inner}: a link to what holds it, or more than {MAX_SOFT_LINKS} links"
                continue
            info = h5o.get_info(node := h5o.open(group, name))
            if (info.fileno, info.addr) in seen:
                yield f"{inner}: an object that has another name, too"
                continue
            seen.add((info.fileno, info.addr))
            if isinstance(node, h5g.GroupID):
                waiting.append((node, inner, depth + 1))
            else:
                yield from _attribute_problems(node, inner)
                yield from (f"{inner}: {text}" for text in _dataset_problems(node))


def _leads_back(target: bytes, place: str) -> bool:
    """Say whether a link inside the file leads to a group that it lies in, or may do so."""
    path = target.decode(errors="replace").rstrip("/")
    return not path.startswith("/") or ".." in path or f"{place}/".startswith(f"{path}/")


def _attribute_problems(node: Any, place: str) -> Iterator[str]:
    from h5py import h5a

    if (n := h5a.get_num_attrs(node)) > MAX_ATTRIBUTES:
        yield f"{place}: {n} attributes"
        return
    largest = max((h5a.get_info(node, index=index).data_size for index in range(n)), default=0)
    if largest > MAX_ATTRIBUTE_BYTES:
        yield f"{place}: an attribute of {largest} bytes"


def _dataset_problems(dataset: Any) -> Iterator[str]:
    from h5py import h5d

    if not isinstance(dataset, h5d.DatasetID):
        yield "neither a group nor a dataset"
        return
    properties, n_bytes = dataset.get_create_plist(), math.prod(dataset.shape) * dataset.get_type().get_size()
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if properties.get_layout() == h5d.VIRTUAL:
        yield "a view of other files"
    elif properties.get_external_count():
        yield "data stored in other files"
    elif unknown := [number for number in filters if number not in FILTERS or filters.count(number) > 1]:
        yield f"filter {unknown[0]}"
    elif properties.get_layout() == h5d.CHUNKED:
        yield from _chunk_problems(dataset, properties.get_chunk())
    elif dataset.get_storage_size() < n_bytes:
        yield f"shape {dataset.shape} without its data"


def _chunk_problems(dataset: Any, chunk: tuple[int, ...]) -> Iterator[str]:
    raw = math.prod(chunk) * dataset.get_type().get_size()
    wanted = math.prod(math.ceil(size / step) for size, step in zip(dataset.shape, chunk, strict=True))
    if raw > MAX_CHUNK_BYTES:
        yield f"chunks of {raw} bytes"
    elif dataset.get_num_chunks() != wanted:
        yield f"{dataset.get_num_chunks()} of {wanted} chunks"
    else:
        sizes = [0]
        dataset.chunk_iter(lambda stored: sizes.append(stored.size))
        if max(sizes) > raw + (64 << 10):
            yield f"a chunk stored in {max(sizes)} bytes that unpacks to {raw}"

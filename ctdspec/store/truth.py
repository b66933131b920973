"""The ground truth: a Zarr folder that xarray reads."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.atomic import replacing_folder
from ctdspec.errors import DatasetError
from ctdspec.store.digest import ArrayDigest, blocks, combined_digest
from ctdspec.store.remote import is_url, remote_folder
from ctdspec.store.summary import ArraySummary, Moments

if TYPE_CHECKING:
    import xarray
    import zarr

Attribute = str | int | float | list[str] | list[int] | list[float]


@dataclass(frozen=True)
class Variable:
    """A variable of the truth, as it is declared before anything is written.

    Attributes
    ----------
    name
        Its name; ``weights/recurrent`` is variable ``recurrent`` in group ``weights``.
    dims
        Names of its axes; a variable whose first axis is ``trial`` is stored in chunks of trials.
    shape, dtype
        What it will hold.
    units, description
        For the reader. Units may be empty.
    attributes
        Anything else to say about it.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    units: str = ""
    description: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @classmethod
    def like(cls, name: str, dims: tuple[str, ...], array: np.ndarray, **about: Any) -> Variable:
        """Declare a variable that will hold an array of this shape and dtype."""
        return cls(name, dims, array.shape, array.dtype, **about)


class TruthWriter:
    """Writes the declared variables, in blocks along their first axis and in order.

    Blocks of a whole number of chunks are fastest; any others give the same content. Use `writing_truth`,
    which puts the folder in place when everything is there.
    """

    def __init__(self, path: Path, variables: Sequence[Variable], chunk_trials: int) -> None:
        import zarr

        self._root = zarr.open_group(path, mode="w", zarr_format=3)
        self._chunk_trials = chunk_trials
        self._variables: dict[str, Variable] = {}
        self._arrays: dict[str, zarr.Array] = {}
        self._digests: dict[str, ArrayDigest] = {}
        self._moments: dict[str, Moments] = {}
        self._rows: dict[str, int] = {}
        self.declare(variables)

    def declare(self, variables: Sequence[Variable]) -> None:
        """Declare variables, all of which are then to be written."""
        for variable in variables:
            self._variables[variable.name] = variable
            self._arrays[variable.name] = self._create(variable, self._chunk_trials)
            self._digests[variable.name] = ArrayDigest(variable.dtype)
            self._moments[variable.name] = Moments()
            self._rows[variable.name] = 0

    def add(self, variable: Variable, array: np.ndarray) -> None:
        """Declare a variable, and write all of it."""
        self.declare([variable])
        self.write(variable.name, array)

    def write(self, name: str, block: np.ndarray) -> None:
        """Add the next rows of a variable, or all of it.

        Raises
        ------
        ValueError
            If they do not fit what was declared: an error of the program.
        """
        variable, start = self._variables[name], self._rows[name]
        stop = start + (len(block) if block.ndim else 1)
        if block.dtype != variable.dtype or block.shape[1:] != variable.shape[1:]:
            raise ValueError(f"{name}: {block.dtype} {block.shape} does not fit {variable}")
        if stop > _n_rows(variable):
            raise ValueError(f"{name}: {stop} rows do not fit {variable}")
        self._arrays[name][slice(start, stop) if block.ndim else ()] = block
        self._digests[name].update(block)
        self._moments[name].update(block)
        self._rows[name] = stop

    def read(self, name: str, rows: slice) -> np.ndarray:
        """Give rows that were written before."""
        return np.asarray(self._arrays[name][rows])

    def summaries(self) -> dict[str, ArraySummary]:
        """Give the digest, shape, dtype, mean and standard deviation of every variable.

        Raises
        ------
        ValueError
            If rows are missing: an error of the program.
        """
        for name, variable in self._variables.items():
            if self._rows[name] != _n_rows(variable):
                raise ValueError(f"{name}: {self._rows[name]} of {_n_rows(variable)} rows were written")
        return {
            name: ArraySummary(
                digest=self._digests[name].hexdigest(variable.shape),
                shape=list(variable.shape),
                dtype=np.dtype(variable.dtype).name,
                mean=self._moments[name].mean,
                sd=self._moments[name].sd,
                trials=variable.dims[:1] == ("trial",),
            )
            for name, variable in self._variables.items()
        }

    def set_attributes(self, attributes: Mapping[str, Attribute], group: str = "") -> None:
        """Set attributes of the whole (the spec, the digest of the dataset), or of a group."""
        where = self._root.require_group(group) if group else self._root
        where.attrs.update(dict(attributes))

    def _create(self, variable: Variable, chunk_trials: int) -> zarr.Array:
        from zarr.codecs import BloscCodec

        shape = variable.shape
        first = min(chunk_trials, shape[0]) if variable.dims[:1] == ("trial",) else math.prod(shape[:1])
        about = {"units": variable.units, "description": variable.description, **variable.attributes}
        return self._root.create_array(
            variable.name,
            shape=shape,
            dtype=variable.dtype,
            chunks=tuple(max(1, n) for n in (first, *shape[1:])[: len(shape)]),
            # Of what Blosc offers the fastest, and it takes counts to a tenth; noise hardly compresses.
            compressors=BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
            dimension_names=variable.dims,
            attributes={key: value for key, value in about.items() if value != ""},
            fill_value=np.nan if variable.dtype.kind == "f" else 0,
            # A chunk that is missing reads as fill: so every chunk is written, and a missing one is damage.
            config={"write_empty_chunks": True},
        )


@contextmanager
def writing_truth(path: Path, variables: Sequence[Variable], chunk_trials: int) -> Iterator[TruthWriter]:
    """Give a writer; its folder takes its place, completely, when the block ends well."""
    with replacing_folder(path) as new:
        writer = TruthWriter(new, variables, chunk_trials)
        yield writer
        writer.summaries()


def open_truth(path: Path | str, group: str = "") -> xarray.Dataset:
    """Open the truth, or a group of it such as ``weights``, lazily.

    Parameters
    ----------
    path
        Its folder on this machine, or its URL in an object store, from which chunks are read when asked for.
    group
        Name of the group; empty for the whole.

    Raises
    ------
    DatasetError
        If it is missing or damaged: a missing chunk would silently read as NaN or 0.
    """
    import xarray

    ensure_complete(path)
    return xarray.open_zarr(path, group=group or None, consolidated=False, chunks=None)


def truth_arrays(path: Path | str) -> dict[str, zarr.Array]:
    """Give every array of the truth by name, unread.

    Raises
    ------
    DatasetError
        If the folder is missing or its metadata are damaged.
    """
    import zarr

    try:
        root = zarr.open_group(path, mode="r", zarr_format=3, use_consolidated=False)
        members = dict(root.members(max_depth=None))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise DatasetError(
            f"{path}: expected the ground truth as a Zarr folder ({error}); build the dataset"
        ) from error
    return {name: member for name, member in sorted(members.items()) if isinstance(member, zarr.Array)}


def read_attribute(path: Path, name: str) -> Any:
    """Give an attribute of the whole truth."""
    import zarr

    return zarr.open_group(path, mode="r", zarr_format=3, use_consolidated=False).attrs[name]


def missing_chunks(path: Path | str) -> list[str]:
    """Give the files, relative to the truth's folder, of chunks that are not there."""
    if isinstance(path, str) and is_url(path):
        there = set(remote_folder(path).files())
        return [chunk for chunk in chunk_files(path) if chunk not in there]
    return [chunk for chunk in chunk_files(path) if not (Path(path) / chunk).is_file()]


def chunk_files(path: Path | str) -> list[str]:
    """Give the file of every chunk that the truth's arrays have, relative to its folder."""
    return [
        "/".join([name, "c", *map(str, index)])
        for name, array in truth_arrays(path).items()
        for index in np.ndindex(array.cdata_shape)
    ]


def ensure_complete(path: Path | str) -> None:
    """Check that every chunk is there.

    Raises
    ------
    DatasetError
        If one is missing.
    """
    if missing := missing_chunks(path):
        raise DatasetError(
            f"{path}: {len(missing)} chunks are missing, first {missing[0]}; build the dataset again"
        )


def truth_digest(path: Path, arrays: Mapping[str, str]) -> str:
    """Give the digest of the truth from those of its arrays, with the attributes as they are on disk."""
    import zarr

    root = zarr.open_group(path, mode="r", use_consolidated=False)
    about = {
        name: dict(member.attrs)
        for name, member in root.members(max_depth=None)
        if isinstance(member, zarr.Array) or member.attrs
    }
    about[""] = dict(root.attrs)
    return combined_digest({**arrays, "attributes": json.dumps(about, sort_keys=True)})


def stored_digest(array: zarr.Array) -> str:
    """Give the digest of an array as it is on disk."""
    digest = ArrayDigest(array.dtype)
    for block in blocks(array):
        digest.update(block)
    return digest.hexdigest(array.shape)


def _n_rows(variable: Variable) -> int:
    return variable.shape[0] if variable.shape else 1

"""The record of a run: what was made, from what, with what, and how to recognise it."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from ctdspec.atomic import write_text
from ctdspec.errors import DatasetError
from ctdspec.spec.node import Node
from ctdspec.store.digest import file_digest, nwb_digest
from ctdspec.store.summary import ArraySummary
from ctdspec.store.truth import stored_digest, truth_arrays, truth_digest

_LIBRARIES = ("ctdspec", "numpy", "scipy", "h5py", "hdmf", "pynwb", "zarr", "numcodecs")


def _ensure_inside(path: str) -> str:
    # A manifest may come from anywhere; what it lists is read, and replaced, in its own folder only.
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError(f"{path!r} leads out of the dataset's folder")
    return path


Inside = Annotated[str, AfterValidator(_ensure_inside)]
"""A path relative to the dataset's folder, and in it."""


class FileRecord(Node):
    """A file, or a folder that counts as one."""

    bytes: int
    """Size, of all its files."""
    digest: str
    """Digest of its content (`content_digest`)."""


class StepRecord(Node):
    """A step of the plan that was done."""

    key: str
    """Digest of everything the step depends on; another key means that it must be done again."""
    outputs: list[Inside]
    """Files it made, relative to the dataset's folder."""
    facts: list[str] = Field(default_factory=list)
    """Fields of this manifest that it settled."""
    seconds: float
    """How long it took; 0 if its files are those of another dataset."""
    peak_bytes: int = 0
    """The most memory that its process held meanwhile."""
    failure: str = ""
    """Why there is no result, of a step that others went on without; it is tried again next time."""


class Manifest(Node):
    """What manifest.json holds."""

    format: Literal[1] = 1
    """Version of this format."""
    name: str
    """Name of the benchmark."""
    spec: str
    """Digest of the spec."""
    seed: int
    """Seed of the spec."""
    private: bool = False
    """Whether the seed is the organiser's secret."""
    dataset: str = ""
    """Digest of the dataset; empty until it is built."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of Python, ctdspec and the libraries that decide on numbers and bytes."""
    platform: dict[str, str] = Field(default_factory=dict)
    """The kind of machine."""
    arrays: dict[str, ArraySummary] = Field(default_factory=dict)
    """The arrays of the truth."""
    files: dict[Inside, FileRecord] = Field(default_factory=dict)
    """Every file that a step made, by path relative to the dataset's folder."""
    steps: dict[str, StepRecord] = Field(default_factory=dict)
    """Steps that are done, by name."""


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    DatasetError
        If it is missing or is not one.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path}: expected the manifest of a dataset, found no file; build it first"
        ) from error
    except (OSError, ValidationError) as error:
        raise DatasetError(f"{path}: expected the manifest of a dataset ({error}); build it again") from error


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest atomically."""
    write_text(path, manifest.model_dump_json(indent=1) + "\n")


def file_record(path: Path, digest: str | None = None) -> FileRecord:
    """Measure a file or the truth's folder, and compute the digest of its content unless it is given."""
    return FileRecord(bytes=size(path), digest=digest or content_digest(path))


def size(path: Path) -> int:
    """Give the bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def content_digest(path: Path) -> str:
    """Give `nwb_digest` of an NWB file, `truth_digest` of a Zarr folder, SHA-256 of any other file."""
    if path.is_dir():
        return truth_digest(path, {name: stored_digest(array) for name, array in truth_arrays(path).items()})
    return nwb_digest(path) if path.suffix == ".nwb" else file_digest(path)


@cache
def versions() -> dict[str, str]:
    """Give the versions of what decides on numbers and bytes: the same for as long as a process lives."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


@cache
def platform_kind() -> dict[str, str]:
    """Give the kind of machine, down to the kernels that NumPy's linear algebra library chose for it."""
    import numpy  # noqa: F401  (loads the library that is asked about)
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool.get("user_api") == "blas"]
    # Wheels bring libraries of their own; which others are loaded depends on what else the process did.
    pools = [pool for pool in pools if "numpy" in pool.get("filepath", "")] or pools
    kernels = sorted(
        f"{pool.get('internal_api')} {pool.get('version')} {pool.get('architecture')}" for pool in pools
    )
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "blas": "; ".join(dict.fromkeys(kernels)),
    }

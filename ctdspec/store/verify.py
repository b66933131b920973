"""The integrity of a dataset: is everything there, is it what was written, and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from ctdspec.atomic import is_leftover
from ctdspec.errors import DatasetError
from ctdspec.store.digest import file_digest, nwb_digest
from ctdspec.store.finding import Finding
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.lock import Lock, lock_finding
from ctdspec.store.manifest import FileRecord, Manifest, read_manifest, size
from ctdspec.store.summary import ArraySummary
from ctdspec.store.truth import chunk_files, missing_chunks, stored_digest, truth_arrays, truth_digest

COMMITTED = ("card.yaml", "lock.yaml", "weights.safetensors", "training.json")
"""Files that people keep beside what a run writes."""


def verify(folder: DatasetFolder, lock: Lock | None = None) -> list[Finding]:
    """Compare a dataset with its manifest, and with a lock if one is given.

    Everything is read again from disk. Missing, damaged and changed files are errors, files that no step
    made are warnings.
    """
    try:
        manifest = read_manifest(folder.manifest)
    except DatasetError as error:
        return [Finding("error", "manifest.json", str(error))]
    findings = [
        finding
        for name, record in manifest.files.items()
        for finding in _file_findings(folder, name, record, manifest)
    ]
    if folder.truth.name not in manifest.files:
        findings.append(Finding("error", folder.truth.name, "was not built yet; build the dataset"))
    findings += _foreign(folder, manifest)
    if lock is not None:
        findings.append(lock_finding(manifest, lock))
    return findings


def _file_findings(
    folder: DatasetFolder, name: str, record: FileRecord, manifest: Manifest
) -> Iterator[Finding]:
    path = folder.path / name
    if not path.exists():
        yield Finding("error", name, "is missing; run the benchmark again")
        return
    if path.suffix == ".zarr":
        yield from _store_findings(path, record, manifest if path == folder.truth else None)
        return
    if (found := size(path)) != record.bytes:
        yield Finding("error", name, f"has {found} bytes, the manifest says {record.bytes}")
    try:
        digest = nwb_digest(path) if path.suffix == ".nwb" else file_digest(path)
    except Exception as error:  # a damaged HDF5 file raises almost anything
        yield Finding("error", name, f"cannot be read ({error})")
        return
    if digest != record.digest:
        yield Finding("error", name, "its content is not what was written: the digests differ")


def _store_findings(path: Path, record: FileRecord, manifest: Manifest | None) -> Iterator[Finding]:
    """Check a Zarr folder; the arrays of the truth are known to the manifest one by one."""
    name = path.name
    try:
        for chunk in missing_chunks(path):
            yield Finding("error", f"{name}/{chunk}", "is missing; build the dataset again")
        digests = yield from _array_findings(path, manifest.arrays if manifest else {})
        if truth_digest(path, digests) != record.digest:
            yield Finding("error", name, "its content is not what was written: the digests differ")
    except DatasetError as error:
        yield Finding("error", name, str(error))


def _array_findings(
    store: Path, known: Mapping[str, ArraySummary]
) -> Generator[Finding, None, dict[str, str]]:
    """Yield what is wrong with each array; return the digests."""
    digests: dict[str, str] = {}
    for name, array in truth_arrays(store).items():
        try:
            digests[name] = stored_digest(array)
        except Exception as error:  # a damaged chunk raises almost anything
            yield Finding("error", f"{store.name}/{name}", f"cannot be read ({error})")
            continue
        if name in known and digests[name] != known[name].digest:
            yield Finding("error", f"{store.name}/{name}", "its values are not what was written")
    return digests


def _foreign(folder: DatasetFolder, manifest: Manifest) -> Iterator[Finding]:
    known = {folder.manifest.name, *COMMITTED, *manifest.files}
    for name in {folder.truth.name, *manifest.files}:
        if name.endswith(".zarr"):
            known.update(_store_files(folder.path / name))
    for path in sorted(folder.path.rglob("*")):
        name = path.relative_to(folder.path).as_posix()
        if not path.is_dir() and name not in known and not is_leftover(path.relative_to(folder.path)):
            yield Finding("warning", name, "is no file of this dataset; the run that made it did not list it")


def _store_files(path: Path) -> Iterator[str]:
    """Give the files that a Zarr folder must have, relative to the dataset's."""
    try:
        arrays = truth_arrays(path)
        chunks = chunk_files(path)
    except DatasetError:
        return
    groups = {parent.as_posix() for name in arrays for parent in Path(name).parents}
    for name in [*arrays, *groups]:
        yield (Path(path.name) / name / "zarr.json").as_posix()
    for chunk in chunks:
        yield f"{path.name}/{chunk}"

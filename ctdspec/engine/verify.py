"""Whether a dataset is whole, and the one that was released."""

from __future__ import annotations

from pathlib import Path

from ctdspec.resources import shipped
from ctdspec.store.finding import Finding
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.lock import lock_from_manifest, read_lock, write_lock
from ctdspec.store.manifest import read_manifest
from ctdspec.store.verify import verify as verify_folder


def verify(dataset: str | Path, against_lock: bool = True) -> list[Finding]:
    """Compare a dataset with its manifest, and with the lock that is shipped under its name, if there is one.

    Everything is read again from disk. `against_lock` false leaves the lock out.

    Raises
    ------
    DatasetError
        If there is no manifest, or the shipped lock is damaged.
    """
    folder = DatasetFolder(Path(dataset))
    manifest = read_manifest(folder.manifest)
    path = shipped("datasets") / manifest.name / "lock.yaml"
    # A private dataset has the name of a shipped one, and is another.
    locked = against_lock and not manifest.private and path.is_file()
    return verify_folder(folder, read_lock(path) if locked else None)


def lock(dataset: str | Path, path: Path) -> None:
    """Write the lock of a dataset: what a later build of the same spec is compared with."""
    write_lock(path, lock_from_manifest(read_manifest(DatasetFolder(Path(dataset)).manifest)))

"""Whether a dataset is whole, and the one that was released."""

from __future__ import annotations

from pathlib import Path

from ctdspec.resources import shipped
from ctdspec.store.finding import Finding
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.lock import read_lock
from ctdspec.store.manifest import read_manifest
from ctdspec.store.verify import verify as verify_folder


def verify(dataset: str | Path) -> list[Finding]:
    """Compare a dataset with its manifest, and with the lock that is shipped under its name, if there is one.

    Raises
    ------
    DatasetError
        If there is no manifest, or the shipped lock is damaged.
    """
    folder = DatasetFolder(Path(dataset))
    lock = shipped("datasets") / read_manifest(folder.manifest).name / "lock.yaml"
    return verify_folder(folder, read_lock(lock) if lock.is_file() else None)

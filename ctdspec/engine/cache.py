"""Housekeeping: which datasets there are, how large and old, what no longer holds, and what is rubbish."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ctdspec.atomic import is_leftover
from ctdspec.benchmark import load
from ctdspec.engine.exclusive import exclusive
from ctdspec.engine.outlook import outlook
from ctdspec.engine.plan import plan
from ctdspec.engine.verify import verify
from ctdspec.errors import CtdspecError, DatasetError
from ctdspec.store.finding import Finding
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest, size
from ctdspec.store.verify import COMMITTED

_DAY_S = 86_400


@dataclass(frozen=True)
class Cached:
    """A dataset that was made, or begun.

    Attributes
    ----------
    folder
        Where it is.
    name
        Its folder, relative to that of all datasets.
    bytes
        What it takes.
    age_days
        How long ago its last step was done.
    steps
        Names of the steps that are done.
    stale
        Names of the steps that running its spec again would do.
    """

    folder: Path
    name: str
    bytes: int
    age_days: float
    steps: tuple[str, ...]
    stale: tuple[str, ...]


def dataset_folders(out: Path) -> list[Path]:
    """Give the folder of every dataset that was made, or begun, in the order of their names."""
    return [manifest.parent for manifest in sorted(Path(out).rglob("manifest.json"))]


def cached(out: Path) -> Iterator[Cached]:
    """Say of every dataset in a folder what there is of it, and what a run would do."""
    for folder in dataset_folders(out):
        try:
            steps = tuple(read_manifest(folder / "manifest.json").steps)
        except DatasetError:
            steps = ()
        name = folder.relative_to(out).as_posix()
        yield Cached(folder, name, _own_bytes(folder), _age_days(folder), steps, _stale(folder, out, name))


def _age_days(folder: Path) -> float:
    return (time.time() - (folder / "manifest.json").stat().st_mtime) / _DAY_S


def _own_bytes(folder: Path) -> int:
    """Give the bytes of a dataset, without those of datasets inside its folder."""
    inside = sum(size(manifest.parent) for manifest in folder.glob("*/*/manifest.json"))
    inside += sum(size(manifest.parent) for manifest in folder.glob("*/manifest.json"))
    return size(folder) - inside


def _stale(folder: Path, out: Path, name: str) -> tuple[str, ...]:
    try:
        steps = plan(load(DatasetFolder(folder).spec_yaml))
    except CtdspecError:
        return ()  # the spec itself is gone, or of another version
    own = [step for step in steps if step.dataset == name]
    return tuple(step.step.name for step in outlook(own, out) if step.state == "to do")


def rubbish(out: Path) -> list[Path]:
    """Give what may go without a loss: leftovers of killed writers, checkpoints, answers no spec asks for."""
    found = []
    for folder in dataset_folders(out):
        found += [path for path in sorted(folder.rglob(".ctdspec-*")) if not is_leftover(path.parent)]
        found += sorted(folder.glob("*.ckpt"))
        try:
            listed = read_manifest(folder / "manifest.json").files
        except DatasetError:
            continue
        answers = sorted(path for path in folder.glob("methods/*") if path.is_dir())
        found += [
            path for path in answers if not any(file.startswith(f"methods/{path.name}/") for file in listed)
        ]
    return found


def outdated(out: Path, older_than_days: float) -> list[Path]:
    """Give the folders of datasets whose last step was done longer ago than that."""
    return [folder for folder in dataset_folders(out) if _age_days(folder) > older_than_days]


def prune(out: Path, paths: Sequence[Path], datasets: Sequence[Path]) -> int:
    """Delete files and folders, and what steps made of datasets; give the bytes.

    What people keep beside a dataset (its card, lock, weights) stays, as does every file that no step made.

    Raises
    ------
    DatasetError
        If a run is at work in one of the folders.
    """
    names = {path.relative_to(out).parts[0] for path in [*paths, *datasets]}
    freed = 0
    with exclusive(out, names):
        for path in paths:
            freed += _delete(path)
        for folder in datasets:
            manifest = folder / "manifest.json"
            made = set(read_manifest(manifest).files) - set(COMMITTED)
            freed += sum(_delete(folder / name) for name in made)
            freed += _delete(manifest)
            _delete_empty(folder)
    return freed


def _delete(path: Path) -> int:
    if not path.exists():
        return 0
    bytes_ = size(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return bytes_


def _delete_empty(folder: Path) -> None:
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()


def verify_all(out: Path) -> Iterator[tuple[str, list[Finding]]]:
    """Read every dataset again and give what is wrong with it, by name."""
    for folder in dataset_folders(out):
        if (folder / "truth.zarr").exists():
            yield folder.relative_to(out).as_posix(), verify(folder, against_lock=False)

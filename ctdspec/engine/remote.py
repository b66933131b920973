"""Datasets in object stores: to them, and from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ctdspec.atomic import replacing_folder
from ctdspec.engine.cache import dataset_folders
from ctdspec.engine.exclusive import exclusive
from ctdspec.errors import DatasetError, UsageError
from ctdspec.spec.node import NAME
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest
from ctdspec.store.remote import RemoteFolder, local_files, remote_folder
from ctdspec.store.remote_dataset import CONTENTS, contents
from ctdspec.store.verify import COMMITTED, verify
from ctdspec.track import Track, silent


def push(dataset: str | Path, url: str, track: Track = silent) -> str:
    """Copy a dataset, with all points or sessions in it, to a folder of an object store; give its URL.

    What is copied is what the manifests list, and what people keep beside it, after it was compared with its
    digests. A copy that is interrupted is never taken for whole; doing it again completes it.

    Raises
    ------
    DatasetError
        If a dataset is missing or damaged.
    UsageError
        If something else is at the URL, a package is missing, or (StorageError) the store refuses.
    """
    root, target = Path(dataset), remote_folder(url)
    folders = dataset_folders(root)
    if not folders:
        raise DatasetError(f"{root}: expected a dataset, found no manifest.json in it; run the spec first")
    inner = sorted(set(folders) - {root}, reverse=True)
    with TemporaryDirectory() as place:
        files: dict[str, Path] = {}
        records: dict[str, Path] = {}
        for number, folder in enumerate(track([*inner, root], "checking", len(inner) + 1)):
            files |= _files(root, folder) if folder in folders else {}
            record = Path(place) / str(number)
            record.write_text(json.dumps(_listed(folder.relative_to(root), [*files, *records]), indent=1))
            records[(folder.relative_to(root) / CONTENTS).as_posix()] = record
        target.replace({**files, **records}, CONTENTS, track)
    return url


def pull(url: str, out: str | Path = "datasets", track: Track = silent) -> Path:
    """Copy a dataset that was pushed to a folder of this machine, and give that folder.

    It is in its place, under `out` and by its own name, when everything is there and compared with its
    digests, or not at all.

    Raises
    ------
    DatasetError
        If there is no whole dataset at the URL, or it is damaged.
    UsageError
        If a folder of its name is there already, a package is missing, or (StorageError) the store refuses.
    """
    source = remote_folder(url)
    names = contents(source)
    with TemporaryDirectory() as place:
        folder = Path(out).absolute() / _name(source, names, Path(place))
    if folder.exists():
        raise UsageError(f"{folder}: is there already, and was left as it is; give another --out")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(folder.parent, {folder.name}), replacing_folder(folder) as new:
        source.download([name for name in names if PurePosixPath(name).name != CONTENTS], new, track)
        for inner in dataset_folders(new):
            _ensure_whole(inner)
    return folder


def _name(source: RemoteFolder, names: Sequence[str], place: Path) -> str:
    """Give the name that a dataset has on every machine: the first part of any of its manifests' names."""
    manifests = [name for name in names if PurePosixPath(name).name == "manifest.json"]
    source.download(manifests[:1], place)
    name = read_manifest(place / (manifests or ["manifest.json"])[0]).name.split("/")[0]
    if not NAME.fullmatch(name):
        raise DatasetError(f"{source.url}: found {name!r} for the name of a dataset; push it again")
    return name


def _listed(inner: Path, names: Sequence[str]) -> list[str]:
    """Give the paths that lie in a folder, relative to it."""
    return [Path(name).relative_to(inner).as_posix() for name in names if Path(name).is_relative_to(inner)]


def _files(root: Path, folder: Path) -> dict[str, Path]:
    """Give the files of one dataset by their paths in the outermost folder, if they are what was written."""
    _ensure_whole(folder)
    names = [*read_manifest(folder / "manifest.json").files, "manifest.json", *COMMITTED]
    return local_files(root, [(folder / name).relative_to(root).as_posix() for name in names])


def _ensure_whole(folder: Path) -> None:
    errors = [finding for finding in verify(DatasetFolder(folder)) if finding.level == "error"]
    # What is over all points of a sweep, and weights that sessions share, have no truth of their own.
    errors = [finding for finding in errors if finding.place != "truth.zarr" or _has_truth(folder)]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise DatasetError(f"{folder}: {errors[0]}{more}; run its spec again")


def _has_truth(folder: Path) -> bool:
    return "truth.zarr" in read_manifest(folder / "manifest.json").files

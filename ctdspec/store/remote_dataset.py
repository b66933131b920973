"""A dataset in an object store, as it is read from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ctdspec.errors import DatasetError
from ctdspec.store.digest import nwb_digest
from ctdspec.store.manifest import read_manifest
from ctdspec.store.remote import RemoteFolder, remote_folder

CONTENTS = "contents.json"
"""The record of a dataset in an object store: a list of its files, which is written last."""


def contents(source: RemoteFolder) -> list[str]:
    """Give the paths of the files of a dataset that was pushed, relative to its folder.

    Raises
    ------
    DatasetError
        If there is no whole dataset, or a path leads out of the folder.
    """
    try:
        names = json.loads(source.read(CONTENTS))
    except ValueError as error:
        raise DatasetError(f"{source.url}/{CONTENTS}: cannot be read ({error}); push it again") from None
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise DatasetError(f"{source.url}/{CONTENTS}: expected a list of files; push the dataset again")
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise DatasetError(f"{source.url}: lists a file {name!r}, which is not in it; push it again")
    return names


@contextmanager
def nwb_pair_at(url: str) -> Iterator[tuple[Path, Path]]:
    """Give copies of the two NWB files of a dataset that was pushed, for as long as the block runs.

    Raises
    ------
    DatasetError
        If there is no whole dataset at the URL, or it is several or damaged.
    """
    source = remote_folder(url)
    names = contents(source)
    nwb = {part: [name for name in names if f"_desc-{part}_" in name] for part in ("train", "test")}
    if any(len(found) != 1 for found in nwb.values()):
        inner = [str(PurePosixPath(name).parent) for name in names if name.endswith(f"/{CONTENTS}")]
        hint = f"; give the URL of one dataset, as in {url}/{inner[0]}" if inner else ""
        n_found = sum(map(len, nwb.values()))
        raise DatasetError(f"{url}: expected a train and a test NWB file, found {n_found}{hint}")
    with TemporaryDirectory() as place:
        train, test = nwb["train"][0], nwb["test"][0]
        source.download(["manifest.json", train, test], Path(place))
        files = read_manifest(Path(place) / "manifest.json").files
        for name in (train, test):
            if nwb_digest(Path(place) / name) != files[name].digest:
                raise DatasetError(f"{url}/{name}: its content is not what was written; push it again")
        yield Path(place) / train, Path(place) / test

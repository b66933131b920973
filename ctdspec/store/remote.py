"""Folders in object stores: whatever fsspec has a name for, s3:// and gs:// among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ctdspec.errors import CtdspecError, DatasetError, StorageError, UsageError
from ctdspec.track import Track, silent

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_MARK = ".ctdspec-incomplete"
"""Lies in a folder for as long as it is not whole."""
_BATCH = 64
"""Files that are on their way at a time."""


def is_url(place: str | Path) -> bool:
    """Say whether a place is in an object store: it is text with ``://`` in it."""
    return isinstance(place, str) and "://" in place


@dataclass(frozen=True)
class RemoteFolder:
    """A folder in an object store. It is whole if its record, the file that is written last, is there.

    Every method raises StorageError where the store refuses (no such bucket, no right, no answer).
    """

    url: str
    fs: AbstractFileSystem
    path: str

    def files(self) -> list[str]:
        """Give the paths of all files, relative to the folder; none if there is no such folder."""
        with _told(self.url):
            self.fs.invalidate_cache()
            try:
                found = self.fs.find(self.path)
            except FileNotFoundError:
                return []
        return sorted(name.removeprefix(self.path).lstrip("/") for name in found)

    def read(self, name: str) -> bytes:
        """Give the bytes of a file.

        Raises
        ------
        DatasetError
            If it is not there.
        """
        with _told(self.url):
            try:
                content = self.fs.cat_file(self._at(name))
            except FileNotFoundError:
                raise DatasetError(f"{self.url}: expected the file {name}, found none") from None
        return content.encode() if isinstance(content, str) else content

    def download(self, names: Sequence[str], to: Path, track: Track = silent) -> None:
        """Copy files into a folder of this machine, under the same names."""
        for name in names:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
        for some in track(_batches(names), "reading", -(-len(names) // _BATCH)):
            with _told(self.url):
                self.fs.get([self._at(name) for name in some], [str(to / name) for name in some])

    def replace(self, files: Mapping[str, Path], record: str, track: Track = silent) -> None:
        """Make the folder hold these files, in this order, and nothing else; the record comes last.

        A folder inside that has a record of its own is not whole before that is there, either.

        Raises
        ------
        UsageError
            If something else is there, which would be lost: neither `record` nor what an upload that was
            interrupted has left.
        """
        there = set(self.files())
        if there and record not in there and _MARK not in there:
            raise UsageError(
                f"{self.url}: found {min(there)}, but no {record}, and left all as it is; give a folder that"
                " is new, or that ctdspec wrote"
            )
        with _told(self.url):
            self.fs.pipe_file(self._at(_MARK), b"")
            records = sorted(name for name in there if PurePosixPath(name).name == record)
            self._remove([*records, *sorted(there - files.keys() - {*records, _MARK})])
        names = [name for name in files if name != record]
        for some in track(_batches(names), "writing", -(-len(names) // _BATCH)):
            with _told(self.url):
                self.fs.put([str(files[name]) for name in some], [self._at(name) for name in some])
        with _told(self.url):
            self.fs.put_file(str(files[record]), self._at(record))
            self._remove([_MARK])

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.fs.rm_file(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}"


def remote_folder(url: str) -> RemoteFolder:
    """Give a folder in an object store, whether it is there or not.

    Keys and endpoints come from where the store's own tools look for them, such as the variables ``AWS_*``.

    Raises
    ------
    UsageError
        If there is no such kind of store, or its package is not installed.
    """
    from fsspec.core import url_to_fs

    try:
        fs, path = url_to_fs(url)
    except ImportError as error:
        raise UsageError(
            f"{url}: a package is missing ({error}); pip install 'ctdspec[remote]' brings that for s3://"
        ) from None
    except ValueError as error:
        raise UsageError(f"{url}: {error}; give s3://bucket/folder, or another URL of fsspec's") from None
    return RemoteFolder(url, fs, str(path).rstrip("/"))


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what the libraries of a store raise, which is almost anything, into a message."""
    try:
        yield
    except CtdspecError:
        raise
    except FileNotFoundError as error:
        raise StorageError(f"{url}: there is no such bucket or folder ({error})") from error
    except PermissionError as error:
        advice = "check the keys (AWS_ACCESS_KEY_ID, …) and what they may do"
        raise StorageError(f"{url}: the store refuses ({error}); {advice}") from error
    except Exception as error:
        advice = "check the keys, the endpoint (AWS_ENDPOINT_URL, …) and the network, and do it again"
        raise StorageError(f"{url}: {type(error).__name__}: {error}; {advice}") from error


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _BATCH] for start in range(0, len(names), _BATCH))


def local_files(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Give files by path relative to a folder; a name of a folder stands for all files in it."""
    found: dict[str, Path] = {}
    for name in names:
        place = folder / name
        inside: list[Path] = sorted(place.rglob("*")) if place.is_dir() else [place]
        found |= {path.relative_to(folder).as_posix(): path for path in inside if path.is_file()}
    return found

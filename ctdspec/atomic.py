"""Writes that are there completely or not at all.

A file or folder is written beside its place under the name ``.ctdspec-new-<name>`` and then renamed. What a
killed process leaves behind has such a name, and the next writer, or `recover`, puts it right.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW, _OLD = ".ctdspec-new-", ".ctdspec-old-"


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write a file to; it takes the place of `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = _beside(path, _NEW)
    recover(path)
    try:
        yield new
    except Exception:
        _delete(new)
        raise
    _sync(new)
    new.replace(path)
    _sync(path.parent)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the place of the folder `path` when the block ends well.

    The folder that was there is renamed aside until the new one is in place. Only names are made durable
    here, not the many files inside: after a loss of power, the digests of the manifest tell.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new, old = _beside(path, _NEW), _beside(path, _OLD)
    recover(path)
    new.mkdir()
    try:
        yield new
    except Exception:
        _delete(new)
        raise
    if path.exists():
        path.replace(old)
    new.replace(path)
    _sync(path.parent)
    recover(path)


def write_text(path: Path, text: str) -> None:
    """Write a small text file, UTF-8, atomically."""
    with replacing_file(path) as new:
        new.write_text(text, encoding="utf-8")


def recover(path: Path) -> None:
    """Bring the place of `path` in order after a writer that was killed.

    A folder that was renamed aside comes back if its successor did not make it; everything else that was
    left is deleted. Whatever is under the name of a new file is rubbish until it is renamed, so a folder
    that is deleted goes by that name, and half a folder never comes back.
    """
    new, old = _beside(path, _NEW), _beside(path, _OLD)
    _delete(new)
    if old.exists():
        old.replace(new if path.exists() else path)
        _delete(new)


def is_leftover(path: Path) -> bool:
    """Say whether a path lies in what a killed writer left behind."""
    return any(part.startswith((_NEW, _OLD)) for part in path.parts)


def recover_all(folder: Path) -> None:
    """Call `recover` for everything directly in a folder or in one of its subfolders."""
    for prefix in (_NEW, _OLD):
        for pattern in (f"{prefix}*", f"*/{prefix}*", f"*/*/{prefix}*"):
            for leftover in folder.glob(pattern):
                recover(leftover.with_name(leftover.name.removeprefix(prefix)))


def _beside(path: Path, prefix: str) -> Path:
    return path.with_name(prefix + path.name)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a loss of power."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open folders
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

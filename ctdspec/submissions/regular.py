"""Opening a path that someone else chose: a regular file, and nothing that waits or leads elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ctdspec.errors import SubmissionError
from ctdspec.submissions.expected import Problem, coded

ONE_FILE = "give one HDF5 file as docs/submissions.md describes"


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes; what was looked at is what is read, whatever takes the name later.

    Raises
    ------
    SubmissionError
        If it is missing, a link, a folder, a pipe or a device, or may not be read.
    """
    opened = try_to_open(path)
    if isinstance(opened, Problem):
        raise SubmissionError(str(opened))
    return opened


def try_to_open(path: Path) -> BinaryIO | Problem:
    """Do the same, and give a problem where `open_regular` raises."""
    try:
        # A pipe without a writer must not make the reader wait.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        return _refusal(path, _reason(error))
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return _refusal(path, "a folder or a device")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "a symbolic link"
    return f"what cannot be opened ({error.strerror if isinstance(error, OSError) else error})"


def _refusal(path: Path, found: str) -> Problem:
    return coded("SUB-SAF-001", str(path), found, "a file", ONE_FILE)

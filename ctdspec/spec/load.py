"""Reading a spec file: regular, small, UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ctdspec.errors import UsageError
from ctdspec.spec.located import Located, Source, printable
from ctdspec.spec.parse import parse, place_of
from ctdspec.spec.problem import Problem, SpecError, problem

MAX_BYTES = 128 * 1024


def load(path: Path) -> tuple[Located, list[Problem]]:
    """Read a spec file.

    Returns
    -------
    document, problems
        What the file says, and what is wrong with it. A value that is wrong is marked as broken.

    Raises
    ------
    UsageError
        If the path is not a readable regular file of at most `MAX_BYTES`.
    SpecError
        If it is not UTF-8 text in YAML, so that nothing more can be said about it.
    """
    return parse(_decode(read(path), shown(path)))


def shown(path: Path) -> str:
    """Give the name of a file in messages: relative to the working folder if it is below it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  links stay as the user wrote them
    cwd = Path.cwd()
    return printable(str(absolute.relative_to(cwd) if absolute.is_relative_to(cwd) else absolute), 300)


def read(path: Path) -> bytes:
    """Give the content of a regular file of at most `MAX_BYTES`; UsageError for anything else."""
    try:
        # A pipe without a writer must not make the reader wait.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{shown(path)} is not a regular file")
            content = file.read(MAX_BYTES + 1) if status.st_size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{shown(path)} cannot be read: {reason}") from None
    if len(content) > MAX_BYTES or status.st_size > MAX_BYTES:
        raise UsageError(
            f"{shown(path)} is larger than {MAX_BYTES // 1024} KiB, the most that a spec may have"
        )
    return content


def _decode(content: bytes, name: str) -> Source:
    try:
        return Source(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        good = Source(name, content[: error.start].decode("utf-8-sig"))
        message = f"byte 0x{content[error.start]:02X} is not UTF-8 text"
        raise SpecError([problem(place_of(good, len(good.text)), (), message)]) from None

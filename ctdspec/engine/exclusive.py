"""Having a benchmark's folder to oneself."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from ctdspec.errors import DatasetError


@contextmanager
def exclusive(out: Path, names: set[str]) -> Iterator[None]:
    """Keep other runs out of the folders of benchmarks until the block ends.

    The operating system releases the locks of a process that ends in whatever way, so none is left behind;
    the lock files, beside the folders, stay.

    Raises
    ------
    DatasetError
        If another run is at work there, or a worker of a run that has ended.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for name in sorted(names):
            path = out / f".{name}.lock"
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                held.enter_context(FileLock(path, timeout=0))
            except Timeout:
                raise DatasetError(
                    f"{out / name}: another run is at work there ({_holder(path)}); wait for it, or give"
                    " another folder with --out"
                ) from None
            who = f"process {os.getpid()} on {socket.gethostname()}"
            path.write_text(f"{who}, since {datetime.now():%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")
            _ensure_nobody_works(out, name)
        yield


@contextmanager
def at_work(out: Path, name: str) -> Iterator[None]:
    """Let runs know, until the block ends, that something is written to the folder of a benchmark.

    A worker of a cluster may outlive the run that gave it a step. What it writes then would take the place of
    what the next run makes.
    """
    from filelock import FileLock

    path = out / f".{name}.{uuid4().hex}.lock"
    with FileLock(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _ensure_nobody_works(out: Path, name: str) -> None:
    from filelock import FileLock, Timeout

    for path in out.glob(f".{name}.*.lock"):
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            raise DatasetError(
                f"{out / name}: a worker of a run that has ended is still at work there; wait for its step to"
                " end, or end the worker"
            ) from None


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "it does not say which"
    except OSError:
        return "it does not say which"

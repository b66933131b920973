"""Having a benchmark's folder to oneself."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from ctdspec.errors import DatasetError


@contextmanager
def exclusive(out: Path, names: set[str]) -> Iterator[None]:
    """Keep other runs out of the folders of benchmarks until the block ends.

    The operating system releases the locks of a process that ends in whatever way, so none is left behind;
    the lock files, beside the folders, stay.

    Raises
    ------
    DatasetError
        If another run is at work there.
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
        yield


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "it does not say which"
    except OSError:
        return "it does not say which"

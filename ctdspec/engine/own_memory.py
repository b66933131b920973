"""How much memory a process needs for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SAMPLE_S = 0.02


@contextmanager
def watched_bytes() -> Iterator[Callable[[], int]]:
    """Watch this process; what is given tells the most memory of its own that it held so far.

    On Linux, pages of files (libraries, arrays of `ctdspec.scratch`) are not counted: the system takes them
    back when it needs them.
    """
    import psutil

    process, ended = psutil.Process(), threading.Event()

    def own() -> int:
        found = process.memory_info()
        return found.rss - found.shared if psutil.LINUX else found.rss

    most = own()

    def watch() -> None:
        nonlocal most
        while not ended.wait(_SAMPLE_S):
            most = max(most, own())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: max(most, own())
    finally:
        ended.set()
        watcher.join()

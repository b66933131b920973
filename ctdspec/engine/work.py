"""Doing one step, wherever that is: here or on a worker."""

from __future__ import annotations

import cProfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ctdspec.engine.exclusive import at_work
from ctdspec.engine.ledger import Done
from ctdspec.engine.step import Made, Site, Step
from ctdspec.errors import CtdspecError
from ctdspec.store.manifest import file_record

_SAMPLE_S = 0.02


def do(step: Step, site: Site) -> Done:
    """Do a step and measure it. The files are in place, with their digests, when it returns."""
    site.folder.path.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with at_work(site.out, Path(site.dataset).parts[0]), _saying_where(step), _peak_bytes() as peak:
        made = _made(step, site)
        files = {
            path.relative_to(site.folder.path).as_posix(): file_record(path, digest)
            for path, digest in made.files.items()
        }
    return Done(files, made.facts, time.perf_counter() - start, peak(), made.failure)


@contextmanager
def _saying_where(step: Step) -> Iterator[None]:
    """Let an error that a point of a sweep, or a session, ends with begin with its name."""
    try:
        yield
    except CtdspecError as error:
        if "/" in step.dataset:
            error.args = (f"{step.dataset}: {error}",)
        raise


def _made(step: Step, site: Site) -> Made:
    if site.profiles is None:
        return step.make(site)
    profile = cProfile.Profile()
    try:
        return profile.runcall(step.make, site)
    finally:
        site.profiles.mkdir(parents=True, exist_ok=True)
        name = "-".join([*Path(step.dataset).parts, step.name]).replace(" ", "_")
        profile.dump_stats(site.profiles / f"{name}.prof")


@contextmanager
def _peak_bytes() -> Iterator[Callable[[], int]]:
    """Watch this process; what is given tells the most memory that it held so far."""
    import psutil

    process, ended = psutil.Process(), threading.Event()
    most = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not ended.wait(_SAMPLE_S):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: max(most, process.memory_info().rss)
    finally:
        ended.set()
        watcher.join()

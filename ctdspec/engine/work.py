"""Doing one step, wherever that is: here or on a worker."""

from __future__ import annotations

import cProfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctdspec.engine.exclusive import at_work
from ctdspec.engine.ledger import Done
from ctdspec.engine.own_memory import watched_bytes
from ctdspec.engine.step import Made, Site, Step
from ctdspec.errors import CtdspecError
from ctdspec.store.manifest import file_record


def do(step: Step, site: Site) -> Done:
    """Do a step and measure it. The files are in place, with their digests, when it returns."""
    site.folder.path.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with at_work(site.out, Path(site.dataset).parts[0]), _saying_where(step), watched_bytes() as peak:
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

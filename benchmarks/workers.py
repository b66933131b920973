"""A sweep of independent fits with one worker process and with more.

Run by ``benchmarks/run.py workers``. Wall time, with starting the workers left out, and a first fit of each,
which imports libraries: the machine must be idle, and have as many cores as workers. Only the fits are timed;
the data are there before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from figure import Figure

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.dask_workers import local_cluster
from ctdspec.engine.execute import Settings
from ctdspec.engine.run import build, fit
from ctdspec.parallel import n_cores

TURNS, N_POINTS = 3, 8


def sweep(numbers: range) -> Benchmark:
    """Give independent fits: one data model, on the same data, with other settings at every point."""
    benchmark = load("lorenz")
    fields = {name: getattr(benchmark, name) for name in Benchmark.model_fields}
    models = [method for method in benchmark.data_models if method.kind == "smoothing"]
    values = [[0.02 + 0.001 * number, 0.05, 0.1] for number in numbers]
    swept = {"data_models.smoothing.widths_s": values}
    changes = {"name": "workers", "data_models": models, "claims": None, "sweep": swept}
    return Benchmark.model_validate(fields | changes)


def fits_s(n_workers: int, data: Path) -> float:
    """Give the wall seconds of all fits."""
    with tempfile.TemporaryDirectory() as name, local_cluster(n_workers) as workers:
        # The points share their files, as a run makes them.
        out = Path(shutil.copytree(data, name, copy_function=os.link, dirs_exist_ok=True))
        fit(sweep(range(N_POINTS, N_POINTS + n_workers)), out, Settings(workers=workers))
        start = time.perf_counter()
        fit(sweep(range(N_POINTS)), out, Settings(workers=workers))
        return time.perf_counter() - start


def figures() -> Iterator[Figure]:
    """Yield the times with two workers and more, beside those with one."""
    with tempfile.TemporaryDirectory() as name:
        numbers = [number for number in (2, 4, 8, 16) if number <= n_cores_of_machine()]
        build(sweep(range(N_POINTS + max(1, *numbers))), name)
        turns = [{number: fits_s(number, Path(name)) for number in (1, *numbers)} for _ in range(TURNS)]
    one = [turn[1] for turn in turns]
    for number in numbers:
        goal = "ratio < 0.59 (1.7 times as fast)" if number == 2 else ""
        what = f"{N_POINTS} independent fits with {number} workers"
        yield Figure(what, [turn[number] for turn in turns], "s", "one worker", one, goal)


def n_cores_of_machine() -> int:
    """Give the cores that workers may use; this process is told to use one."""
    os.environ.pop("OMP_NUM_THREADS", None)
    return n_cores()

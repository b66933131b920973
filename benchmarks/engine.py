"""What the engine costs beside the work of its steps.

Run by ``benchmarks/run.py engine``: planning a sweep of 10 000 points, the time that a step takes beside its
own work, a run with nothing to do, and how fast the command line starts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from figure import Figure

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.execute import Settings, execute
from ctdspec.engine.plan import plan
from ctdspec.engine.run import run
from ctdspec.engine.step import Made, Site, Step, new_step

TURNS = 3
N_STEPS = 100


def sweep_of(spec: str, n_points: int) -> Benchmark:
    """Give a benchmark with a sweep over rates and seeds."""
    benchmark = load(spec)
    fields = {name: getattr(benchmark, name) for name in Benchmark.model_fields}
    rates = [5.0 + number for number in range(n_points // 100)]
    sweep = {"observation.rates.mean_hz": rates, "seed": list(range(100))}
    return Benchmark.model_validate(fields | {"sweep": sweep})


def planning_s(spec: str) -> float:
    start = time.process_time()
    plan(sweep_of(spec, 10_000))
    return time.process_time() - start


def steps() -> list[Step]:
    """Give steps that write a few bytes, each after the one before it."""
    found: list[Step] = []
    for number in range(N_STEPS):

        def make(site: Site, name: str = f"{number}.txt") -> Made:
            path = site.folder.path / name
            path.write_text(name)
            return Made({path: None})

        found.append(new_step(("d", f"step {number}"), 1, {}, found[-1:], make))
    return found


def overhead_ms() -> tuple[float, float]:
    """Give the wall time and the processor time of a step that does nothing."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter(), time.process_time()
        execute(steps(), Path(out), Settings())
        wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    return wall / N_STEPS * 1e3, cpu / N_STEPS * 1e3


def command_s(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ctdspec.cli", *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def figures() -> Iterator[Figure]:
    """Yield what the engine costs."""
    for spec in ("lorenz", "3bff"):
        seconds = [planning_s(spec) for _ in range(TURNS)]
        yield Figure(f"check and plan 10 000 points of `{spec}`", seconds, "s", goal="< 10 s")
    overhead_ms()
    wall, cpu = zip(*(overhead_ms() for _ in range(TURNS)), strict=True)
    yield Figure("a step beside its own work, in process, fsync included", wall, "ms", goal="< 50 ms")
    yield Figure("the same, processor time", cpu, "ms")
    with tempfile.TemporaryDirectory() as out:
        run("3bff", out)
        again = [command_s("run", "3bff", "--out", out) for _ in range(TURNS)]
    yield Figure("`ctdspec run 3bff` with nothing to do", again, "s", goal="< 2 s")
    for arguments in (["--help"], ["lint", "3bff"]):
        started = [command_s(*arguments) for _ in range(TURNS)]
        yield Figure(f"`ctdspec {' '.join(arguments)}`", started, "s", goal="< 0.5 s")

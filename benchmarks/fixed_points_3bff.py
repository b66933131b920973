"""Time to find all fixed points of the shipped three-bit flip-flop, noise-free, without input.

Run as ``OMP_NUM_THREADS=1 uv run python benchmarks/fixed_points_3bff.py``. Seconds are those of the search
alone; every run has its own seed, and prints how many points have 0, 1, 2, … unstable directions.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np
from figure import Figure

from ctdspec.benchmark import load
from ctdspec.dynamics.certificate import TrappingBox
from ctdspec.dynamics.fixed_points import FixedPoints, find_fixed_points
from ctdspec.dynamics.simulate import simulate
from ctdspec.seeds import stream
from ctdspec.systems.task_trained import TaskTrained

RUNS = 9
TRIALS = 50


def searches() -> Iterator[tuple[float, float, FixedPoints]]:
    """Yield wall seconds, processor seconds and the points of searches with other seeds."""
    benchmark = load("3bff")
    system, task = benchmark.system, benchmark.task
    assert isinstance(system, TaskTrained)
    network = system.dynamics(task, system.shipped_weights)
    trials = task.sample(TRIALS, stream(0, "benchmark/task"))
    visited = simulate(network, trials.inputs, stream(0, "benchmark/noise")).reshape(-1, network.n_latents)
    unit = np.ones(network.n_latents)
    no_input = np.zeros(trials.inputs.shape[2])

    for run in range(RUNS):
        start = time.perf_counter(), time.process_time()
        found = find_fixed_points(
            network, no_input, visited, stream(run, "benchmark/search"), box=TrappingBox(-unit, unit)
        )
        yield time.perf_counter() - start[0], time.process_time() - start[1], found


def figures() -> Iterator[Figure]:
    """Yield the one figure of this script."""
    _, seconds, found = zip(*searches(), strict=True)
    n_points = " or ".join(map(str, sorted({len(each.points) for each in found})))
    yield Figure(f"all fixed points of the shipped flip-flop, of which it finds {n_points}", seconds, "s")


def main() -> None:
    wall, processor = [], []
    for wall_s, processor_s, found in searches():
        wall.append(wall_s)
        processor.append(processor_s)
        print(
            f"{wall[-1]:5.2f} s, {processor[-1]:5.2f} s of processor: {len(found.points)} points, "
            f"{np.bincount(found.index)} by unstable directions, {len(found.slow_points)} slow, "
            f"from {found.n_starts} starts; {found.certificate.verdict}: {found.certificate.reason}"
        )
    print(f"median {statistics.median(wall):.2f} s, {statistics.median(processor):.2f} s of processor")


if __name__ == "__main__":
    main()

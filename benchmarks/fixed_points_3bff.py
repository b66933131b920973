"""Time to find all fixed points of the shipped three-bit flip-flop, noise-free, without input.

Run as ``OMP_NUM_THREADS=1 uv run python benchmarks/fixed_points_3bff.py``. Seconds are those of the search
alone; every run has its own seed, and prints how many points have 0, 1, 2, … unstable directions.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from ctdspec.benchmark import load
from ctdspec.dynamics.certificate import TrappingBox
from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.dynamics.simulate import simulate
from ctdspec.seeds import stream
from ctdspec.systems.task_trained import TaskTrained

RUNS = 9
TRIALS = 50


def main() -> None:
    benchmark = load("3bff")
    system, task = benchmark.system, benchmark.task
    assert isinstance(system, TaskTrained)
    network = system.dynamics(task, system.shipped_weights)
    trials = task.sample(TRIALS, stream(0, "benchmark/task"))
    visited = simulate(network, trials.inputs, stream(0, "benchmark/noise")).reshape(-1, network.n_latents)
    unit = np.ones(network.n_latents)
    no_input = np.zeros(trials.inputs.shape[2])

    wall, processor = [], []
    for run in range(RUNS):
        start = time.perf_counter(), time.process_time()
        found = find_fixed_points(
            network, no_input, visited, stream(run, "benchmark/search"), box=TrappingBox(-unit, unit)
        )
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
        print(
            f"{wall[-1]:5.2f} s, {processor[-1]:5.2f} s of processor: {len(found.points)} points, "
            f"{np.bincount(found.index)} by unstable directions, {len(found.slow_points)} slow, "
            f"from {found.n_starts} starts; {found.certificate.verdict}: {found.certificate.reason}"
        )
    print(f"median {statistics.median(wall):.2f} s, {statistics.median(processor):.2f} s of processor")


if __name__ == "__main__":
    main()

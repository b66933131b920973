"""Seconds for a student of a part of a circuit, and for everything that is claimed of infinite data."""

from __future__ import annotations

import time

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.benchmark import load, shipped_names
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.infinite_data import model_facts, models_of_parts
from ctdspec.engine.partial_picture import network
from ctdspec.methods.map_ridge import MapRidge
from ctdspec.methods.student import Series
from ctdspec.seeds import stream

UNITS, SEEN, STEPS = 500, 25, 30_000


def student_s(n_trials: int) -> float:
    """Simulate a circuit in so many trials, and fit the student; give seconds of processor time."""
    benchmark = load("partial_low_rank")
    method = next(method for method in benchmark.data_models if isinstance(method, MapRidge))
    began = time.process_time()
    flow = network("partial_low_rank", units=UNITS).dynamics(benchmark.task, None)
    silence = np.zeros((n_trials, STEPS // n_trials, 0))
    seen = simulate(flow, silence, stream(0, "timing"))[..., :SEEN].astype(float)
    every = np.ones(seen.shape[:2], bool)
    method.law(Series(seen, np.zeros((*every.shape, 0)), every, benchmark.task.bin_s), 0)
    return time.process_time() - began


def infinite_data_s(name: str) -> tuple[int, float]:
    """Compute the facts of infinite data of every point of a benchmark; give their number and the seconds."""
    began, n_facts = time.process_time(), 0
    for point in load(name).recordings:
        if point.analysis is not None:
            for part, teacher, models in models_of_parts(point, point.analysis):
                n_facts += len(model_facts(part, teacher, models))
    return n_facts, time.process_time() - began


def main() -> None:
    """Print the seconds."""
    with threadpool_limits(1):
        for n_trials in (1, 30):
            steps = f"{n_trials} × {STEPS // n_trials} steps"
            print(f"student of {SEEN} of {UNITS} units, {steps}: {student_s(n_trials):.2f} s")
        total = 0.0
        for name in shipped_names():
            if name.startswith("partial_"):
                n_facts, seconds = infinite_data_s(name)
                total += seconds
                print(f"{name}: {n_facts} facts, {seconds:.2f} s")
        print(f"all facts of infinite data: {total:.2f} s")


if __name__ == "__main__":
    main()

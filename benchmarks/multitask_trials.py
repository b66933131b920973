"""Processor time to draw 1000 trials of the fifteen tasks: 1000 × 320 bins × 20 inputs.

Run as ``uv run python benchmarks/multitask_trials.py``. Beside it runs the plain way, a loop over the trials
that fills their phases one by one; 0.18 s was measured for a published benchmark's 1005 trials of this size.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from figure import Figure, compared
from ruamel.yaml import YAML

from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.tasks.multitask import MultiTask
from ctdspec.tasks.task import Trials

RUNS = 25
CANONICAL = MultiTask.model_validate(
    YAML(typ="safe").load((shipped("specs") / "tasks/multitask.yaml").read_text())
)


def trial_by_trial(drawn: Trials, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fill inputs and targets from the phases of trials that were drawn before."""
    inputs, targets = np.zeros(drawn.inputs.shape), np.full(drawn.targets.shape, np.nan)
    for trial in range(len(drawn)):
        for epochs in drawn.epochs.values():
            start, stop = epochs.start[trial], epochs.stop[trial]
            if start < stop:
                inputs[trial, start:stop] = drawn.stimulus[trial, start]
                targets[trial, start:stop] = drawn.targets[trial, start]
        n_bins = drawn.valid[trial].sum()
        inputs[trial, :n_bins] += rng.normal(0, CANONICAL.input_noise_sd, (n_bins, inputs.shape[2]))
    return inputs, targets


def median_s(draw: Callable[[int, np.random.Generator], object]) -> float:
    seconds = []
    for run in range(RUNS):
        rng = stream(run, "benchmark")
        start = time.process_time()
        draw(1000, rng)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def figures() -> Iterator[Figure]:
    """Yield the one figure of this script."""
    drawn = CANONICAL.sample(1000, stream(0, "benchmark"))
    yield compared(
        "draw 1000 trials of fifteen tasks",
        lambda: CANONICAL.sample(1000, stream(0, "benchmark")),
        "a loop over trials, parameters given",
        lambda: trial_by_trial(drawn, stream(0, "benchmark")),
        RUNS,
    )


if __name__ == "__main__":
    drawn = CANONICAL.sample(1000, stream(0, "benchmark"))
    ours = median_s(CANONICAL.sample)
    plain = median_s(lambda _, rng: trial_by_trial(drawn, rng))
    print(f"MultiTask.sample                    {ours * 1e3:7.1f} ms")
    print(f"loop over trials, parameters given  {plain * 1e3:7.1f} ms   {plain / ours:.1f} times as long")

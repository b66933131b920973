"""Time to draw the trials of the canonical flip-flop: 1000 trials × 500 bins × 3 bits.

Run as ``uv run python benchmarks/flip_flop_trials.py``. Beside it runs the plain way, a loop over the bins
that advances all trials at once; 0.63 s was measured for a published benchmark's loop.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from figure import Figure, compared

from ctdspec.seeds import stream
from ctdspec.tasks.flip_flop import FlipFlop

RUNS = 15
CANONICAL = FlipFlop(
    kind="flip_flop", bits=3, trial_s=5.0, bin_s=0.01, pulse_probability=0.01, quiet_s=0.03,
    input_noise_sd=0.15, switch_mask_bins=4,
)  # fmt: skip


def bin_by_bin(n_trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (n_trials, CANONICAL.n_bins, CANONICAL.bits)
    inputs, targets, scored = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
    memory, since = np.full(shape[::2], np.nan), np.zeros(shape[::2])
    for t in range(shape[1]):
        draw = rng.random(shape[::2])
        pulse = (draw < CANONICAL.pulse_probability) * 1.0 - (draw > 1 - CANONICAL.pulse_probability)
        pulse *= t * CANONICAL.bin_s >= CANONICAL.quiet_s
        switch = (pulse != 0) & (pulse != memory)
        memory = np.where(switch, pulse, memory)
        since = np.where(switch, 0, since + 1)
        inputs[:, t], targets[:, t] = pulse, memory
        scored[:, t] = ~np.isnan(memory) & (since >= CANONICAL.switch_mask_bins)
    return inputs + rng.normal(0, CANONICAL.input_noise_sd, shape), targets, scored


def median_s(draw: Callable[[int, np.random.Generator], object]) -> float:
    seconds = []
    for run in range(RUNS):
        start = time.perf_counter()
        draw(1000, stream(run, "benchmark"))
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def figures() -> Iterator[Figure]:
    """Yield the one figure of this script."""
    yield compared(
        "draw 1000 × 500 × 3 flip-flop trials",
        lambda: CANONICAL.sample(1000, stream(0, "benchmark")),
        "a loop over bins",
        lambda: bin_by_bin(1000, stream(0, "benchmark")),
        RUNS,
    )


if __name__ == "__main__":
    ours, plain = median_s(CANONICAL.sample), median_s(bin_by_bin)
    print(f"FlipFlop.sample  {ours * 1e3:7.1f} ms")
    print(f"loop over bins   {plain * 1e3:7.1f} ms   {plain / ours:.1f} times as long")

"""How large the data of a benchmark will be, from its spec alone."""

from __future__ import annotations

from dataclasses import dataclass

from ctdspec.benchmark import Benchmark

# Measured on the shipped benchmarks: spike times and counts at 10 Hz, noise-like floats, all compressed.
_BYTES_PER_SPIKE = 2.4
_BYTES_PER_COUNT = 0.2
_BYTES_PER_FLOAT = 3.4


@dataclass(frozen=True)
class Size:
    """A rough estimate."""

    trials: int
    bins: int
    neurons: int
    spikes: float
    """Expected number of spikes."""
    nwb_bytes: float
    truth_bytes: float


def data_size(benchmark: Benchmark) -> Size:
    """Estimate the size of a benchmark's data."""
    task, neurons, trials = benchmark.task, benchmark.observation.n_observed, benchmark.trials.total
    spikes = trials * task.n_bins * task.bin_s * neurons * benchmark.observation.mean_hz
    channels = 2 * len(task.input_names) + 2 * len(task.output_names)
    values = trials * task.n_bins
    return Size(
        trials=trials,
        bins=task.n_bins,
        neurons=neurons,
        spikes=spikes,
        nwb_bytes=spikes * _BYTES_PER_SPIKE + values * channels / 4 * _BYTES_PER_FLOAT,
        truth_bytes=values
        * (
            neurons * (_BYTES_PER_FLOAT + _BYTES_PER_COUNT)
            + (channels + benchmark.system.n_latents) * _BYTES_PER_FLOAT
        ),
    )

"""What is drawn of an observation: a few trajectories, each recorded in many trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.observation.observation import Observation


@dataclass(frozen=True)
class Repeats:
    """A recording in which every `n_conditions`-th trial follows the same trajectory.

    Attributes
    ----------
    benchmark
        The spec of the recording.
    truth
        All variables of its ground truth, by name.
    n_conditions
        Number of different trajectories.
    """

    benchmark: Benchmark
    truth: Mapping[str, np.ndarray]
    n_conditions: int

    @property
    def observation(self) -> Observation:
        """How the recording sees the system."""
        return self.benchmark.observation

    @property
    def bin_s(self) -> float:
        """Length of a bin in seconds."""
        return self.benchmark.task.bin_s

    @property
    def records_signals(self) -> bool:
        """Whether signals are recorded in place of spikes."""
        return self.observation.noise.records == "signals"

    @property
    def recorded(self) -> np.ndarray:
        """What an experimenter has (trial, time, neuron): counts per bin, or signals."""
        return self.truth["signals" if self.records_signals else "spikes"]

    @property
    def mean_hz(self) -> np.ndarray:
        """Mean true rate (neuron,) over all trials."""
        return self.truth["rates_hz"].mean(axis=(0, 1), dtype=np.float64)

    def spread_neurons(self, n: int) -> list[int]:
        """Give n neurons, or all if there are fewer, evenly spread over the order of their mean rates."""
        ranked = np.argsort(self.mean_hz, kind="stable")
        n = min(n, len(ranked))
        return ranked[(2 * np.arange(n) + 1) * len(ranked) // (2 * n)].tolist()

    def per_window(self, values: np.ndarray, window_bins: int) -> np.ndarray:
        """Give sums over windows (condition, repeat, window, neuron) float64 of values (trial, time, neuron).

        Values of trials in which a neuron was lost are NaN; what does not fill a window is left out.
        """
        n_trials, n_bins, n_neurons = values.shape
        n_windows, n_repeats = n_bins // window_bins, n_trials // self.n_conditions
        kept = values[: n_repeats * self.n_conditions, : n_windows * window_bins]
        sums = kept.reshape(len(kept), n_windows, window_bins, n_neurons).sum(axis=2, dtype=np.float64)
        if "observed" in self.truth:
            sums[~np.broadcast_to(self.truth["observed"][: len(kept), None], sums.shape)] = np.nan
        return sums.reshape(n_repeats, self.n_conditions, n_windows, n_neurons).swapaxes(0, 1)

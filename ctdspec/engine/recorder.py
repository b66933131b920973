"""From latents to what is recorded of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.engine.variables import emits_otherwise
from ctdspec.observation.circuit import Observed


@dataclass(frozen=True)
class Recorder:
    """What turns latents into a recording.

    Attributes
    ----------
    benchmark
        The spec.
    observed
        The neurons and their rates.
    factors : (trial, neuron) float32, optional
        What changes the rates besides the latents.
    observed_trials : (trial, neuron) bool, optional
        Where each neuron is observed.
    prepared
        What the law of the noise prepared.
    """

    benchmark: Benchmark
    observed: Observed
    factors: np.ndarray | None
    observed_trials: np.ndarray | None
    prepared: Mapping[str, np.ndarray]

    def rates_hz(self, latents: np.ndarray, valid: np.ndarray, trials: slice) -> np.ndarray:
        """Give the rates (trial, time, neuron); 0 in the padding."""
        rates_hz = self.observed.rates_hz(latents)
        rates_hz *= valid[..., None]
        if self.factors is not None:
            rates_hz *= self.factors[trials][:, None]
        return rates_hz

    def record(
        self,
        latents: np.ndarray,
        valid: np.ndarray,
        trials: slice,
        rng: np.random.Generator,
        sorting_rng: np.random.Generator,
    ) -> dict[str, np.ndarray]:
        """Give the variables of `observed_variables` for a block of trials."""
        observation, bin_s = self.benchmark.observation, self.benchmark.task.bin_s
        rates_hz = self.rates_hz(latents, valid, trials)
        sample = observation.noise.sample_in(latents, rates_hz, bin_s, self.prepared, rng)
        arrays = {"rates_hz": rates_hz, **sample.hidden}
        n_bins = valid.shape[1]
        if emits_otherwise(self.benchmark):
            assert sample.spikes is not None, "a law that emits has spikes"
            arrays["emitted_spikes"] = per_bin(sample.spikes, n_bins)
        if sample.signals is not None:
            arrays["signals"] = sample.signals
            return arrays
        assert sample.spikes is not None, "a law that records spikes has some"
        spikes = sample.spikes
        if observation.sorting is not None:
            spikes = observation.sorting.sort(spikes, self.observed.population, sorting_rng)
        if self.observed_trials is not None:
            spikes = spikes * self.observed_trials[trials][:, None]
        arrays["spikes"] = per_bin(spikes, n_bins)
        if spikes.shape[1] > n_bins:
            arrays["spike_steps"] = spikes
        return arrays


def per_bin(spikes: np.ndarray, n_bins: int) -> np.ndarray:
    """Give counts per bin (trial, time, neuron) uint16 of counts per step (trial, step, neuron)."""
    n_trials, n_steps, n_neurons = spikes.shape
    if n_steps == n_bins:
        return spikes
    return spikes.reshape(n_trials, n_bins, -1, n_neurons).sum(axis=2, dtype=np.uint16)

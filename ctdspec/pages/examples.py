"""The test trials that are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.submissions.answer import SPLITS

if TYPE_CHECKING:
    import xarray

MOST_TRIALS = 10
"""Test trials that are read and drawn at most."""


@dataclass(frozen=True)
class Examples:
    """What was true in the first test trials.

    Values in padding are NaN, counts there are 0. What the dataset does not have, inputs or outputs, is empty
    along that axis.

    Attributes
    ----------
    numbers : (trial,) int
        Place of each trial in the dataset.
    time_s : (time,) float64
        Start of each bin.
    valid : (trial, time) bool
    latents : (trial, time, latent) float32
    rates_hz : (trial, time, neuron) float32
    spikes : (trial, time, neuron) uint16
        As recorded; where signals were, as the neurons fired, or 0 if no neuron fires.
    signals : (trial, time, neuron) float32, optional
        What was recorded in place of spikes.
    conditions
        What the condition of each trial is called; empty for a task of one.
    stimulus, inputs : (trial, time, input) float32
    targets, outputs : (trial, time, output) float32
    held_out : (neuron,) bool
    mean_hz : (neuron,) float64
        Spikes per second of valid time, over all test trials; mean true rates where no spikes were recorded.
    """

    numbers: np.ndarray
    time_s: np.ndarray
    valid: np.ndarray
    latents: np.ndarray
    rates_hz: np.ndarray
    spikes: np.ndarray
    stimulus: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    outputs: np.ndarray
    held_out: np.ndarray
    mean_hz: np.ndarray
    signals: np.ndarray | None = None
    conditions: tuple[str, ...] = ()

    @property
    def bin_s(self) -> float:
        """Length of a bin in seconds."""
        return float(self.time_s[1] - self.time_s[0]) if len(self.time_s) > 1 else 1.0


def trials_of(truth: xarray.Dataset, split: str) -> np.ndarray:
    """Give the places of a split's trials."""
    return np.flatnonzero(truth["split"].to_numpy() == SPLITS.index(split))


def read_examples(truth: xarray.Dataset, bin_s: float) -> Examples:
    """Read the first test trials, and every test trial's spikes or rates for the mean rates."""
    test = trials_of(truth, "test")
    numbers = test[:MOST_TRIALS]
    valid = truth["valid"].isel(trial=numbers).to_numpy()

    def read(name: str) -> np.ndarray:
        if name not in truth:
            return np.zeros((*valid.shape, 0), np.float32)
        return np.where(valid[..., None], truth[name].isel(trial=numbers).to_numpy(), np.float32(np.nan))

    all_valid = truth["valid"].isel(trial=test).to_numpy()
    if "spikes" in truth:
        spikes = truth["spikes"].isel(trial=test).to_numpy()
        mean_hz = spikes.sum(axis=(0, 1), dtype=float) / (bin_s * all_valid.sum())
    else:
        rates_hz = truth["rates_hz"].isel(trial=test).to_numpy()
        mean_hz = rates_hz.mean(axis=(0, 1), where=all_valid[..., None], dtype=float)
        spikes = np.zeros(rates_hz.shape, np.uint16)
        if "emitted_spikes" in truth:
            spikes = truth["emitted_spikes"].isel(trial=test).to_numpy()
    return Examples(
        numbers=numbers,
        time_s=truth["time_s"].to_numpy(),
        valid=valid,
        spikes=spikes[: len(numbers)],
        held_out=truth["held_out"].to_numpy(),
        mean_hz=mean_hz,
        signals=read("signals") if "signals" in truth else None,
        conditions=_conditions(truth, numbers),
        **{name: read(name) for name in ("latents", "rates_hz", "stimulus", "inputs", "targets", "outputs")},
    )


def _conditions(truth: xarray.Dataset, numbers: np.ndarray) -> tuple[str, ...]:
    if "condition" not in truth:
        return ()
    return tuple(truth["condition"].attrs["names"][index] for index in truth["condition"].to_numpy()[numbers])

"""What is alike in all trials of a condition: the peri-stimulus time histogram."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec import scratch
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.readout import Readout, held_out_bits
from ctdspec.methods.selection import best, for_selection
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar, SplitAnswer


class ConditionMean(Baseline):
    """Mean over the train trials of each condition, or over all of them if the task has one condition.

    It sees nothing of a trial but its condition: what a model of single trials must beat. States are the
    logarithms of the mean rates of the held-in neurons, from which those of the held-out ones are predicted.
    """

    looks_ahead: ClassVar[bool] = True

    kind: Literal["condition_mean"]
    widths_s: list[PositiveFloat] = Field(min_length=1, max_length=32)
    """Standard deviations of the Gaussian that smooths the means along time, to choose from, in seconds."""
    prior_trials: float = Field(gt=0, le=1000)
    """Each bin of each condition counts as if so many trials more had had the neuron's mean rate there: no
    rate is 0, and a condition without train trials has the mean rates."""
    readout: Readout
    """How held-out neurons are predicted."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the width, then the ridge, by held-out neurons on validation trials; then answer."""
        valid = recording.splits["train"].valid
        bins = self.readout.draw_bins(valid, stream(seed, f"methods/{self.name}/bins"))
        selection = for_selection(recording)
        by_width = [self._bits(selection, width, bins, self.readout.ridges[:1])[0] for width in self.widths_s]
        width_s = self.widths_s[best(by_width)]
        by_ridge = self._bits(selection, width_s, bins, self.readout.ridges)
        parameters: dict[str, Scalar | list[Scalar]] = {
            "width_s": width_s,
            "ridge": self.readout.ridges[best(by_ridge)],
            "val_co_bps": max(by_ridge),
            "val_co_bps_by_width": list(by_width),
            "val_co_bps_by_ridge": list(by_ridge),
        }
        splits = self._answer(recording, width_s, bins, self.readout.ridges[best(by_ridge)])
        return Answer(self.name, recording.dataset, splits, parameters=parameters)

    def _bits(
        self, recording: Recording, width_s: float, bins: tuple[np.ndarray, np.ndarray], ridges: list[float]
    ) -> list[float]:
        logs = np.log(condition_means_hz(recording, width_s, self.prior_trials))
        train, val = (scratch.taken(logs, conditions(recording, split)) for split in ("train", "val"))
        return held_out_bits(train, val, recording, bins, ridges)

    def _answer(
        self, recording: Recording, width_s: float, bins: tuple[np.ndarray, np.ndarray], ridge: float
    ) -> dict[str, SplitAnswer]:
        """Give rates and states of every split, with the settings chosen."""
        means_hz = condition_means_hz(recording, width_s, self.prior_trials)
        logs = np.log(means_hz)
        features = logs[conditions(recording, "train")[bins[0]], bins[1]]
        counts, seen = recording.held_out_spikes("train")[bins], recording.held_out_seen("train")[bins]
        readout = fit_poisson(features, counts, seen, ridge)
        rates_hz = np.empty((*means_hz.shape[:2], len(recording.held_out)), np.float32)
        rates_hz[..., recording.held_in] = means_hz
        rates_hz[..., recording.held_out] = readout.rates_hz(logs, recording.bin_s)
        own = {split: conditions(recording, split) for split in recording.splits}
        return {
            split: SplitAnswer(scratch.taken(rates_hz, which), scratch.taken(logs, which))
            for split, which in own.items()
        }


def conditions(recording: Recording, split: str) -> np.ndarray:
    """Give the number of each trial's condition, (trial,) int64, from 0; all 0 if there is one condition."""
    condition = recording.splits[split].condition
    return np.zeros(len(recording.splits[split].valid), np.int64) if condition is None else condition


def condition_means_hz(recording: Recording, width_s: float, prior_trials: float) -> np.ndarray:
    """Give the mean rates of the held-in neurons in the train trials, (condition, time, neuron) float32.

    Spikes and the number of trials in which a bin was seen are both smoothed, so that bins seen often weigh
    more.
    """
    from scipy.ndimage import gaussian_filter1d

    counts, seen = recording.held_in_spikes("train"), recording.held_in_seen("train")
    train, sigma = conditions(recording, "train"), width_s / recording.bin_s
    n_conditions = 1 + max(int(conditions(recording, split).max()) for split in recording.splits)
    spikes = np.zeros((n_conditions, *counts.shape[1:]))
    n_seen = np.zeros((n_conditions, *counts.shape[1:]))
    for piece in scratch.pieces(counts):
        for condition in np.unique(train[piece]):
            own = train[piece] == condition
            spikes[condition] += np.where(seen[piece][own], counts[piece][own], 0).sum(axis=0)
            n_seen[condition] += seen[piece][own].sum(axis=0)
    # Half a spike is added, so that a silent neuron has a rate whose logarithm exists.
    mean = (spikes.sum(axis=(0, 1)) + 0.5) / np.maximum(n_seen.sum(axis=(0, 1)), 1)
    spikes, n_seen = (gaussian_filter1d(sums, sigma, axis=1, mode="reflect") for sums in (spikes, n_seen))
    means = (spikes + prior_trials * mean) / (n_seen + prior_trials)
    return (means / recording.bin_s).astype(np.float32)

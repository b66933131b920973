"""A population of neurons that hear each other, by penalised Poisson regression."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.methods.baseline import Baseline
from ctdspec.methods.readout import Readout
from ctdspec.methods.selection import best
from ctdspec.methods.spike_history import history
from ctdspec.metrics.bits import SpikeSums
from ctdspec.metrics.poisson_map import PoissonMap, fit_poisson
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, SplitAnswer


class CoupledGlm(Baseline):
    """A generalised linear model of each neuron, driven by the past spikes of all (Pillow et al. 2008).

    The log rate is linear in spikes of the bins before, through exponential filters, with a ridge
    (scikit-learn). What a spike adds to the log rate, summed over the time after it, is answered as
    connectivity: from a fit to all neurons. The rates are of a fit to the held-in neurons alone.
    """

    kind: Literal["coupled_glm"]
    taus_s: list[PositiveFloat] = Field(min_length=1, max_length=8)
    """Time constants of the filters, in seconds."""
    readout: Readout
    """How rates are read from filtered spikes. Here the penalty is chosen by the likelihood of the validation
    spikes of some neurons, held-in or not."""
    chosen_by: int = Field(ge=1)
    """Neurons, drawn at random, that the penalty is chosen by."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the penalty on validation trials; then answer."""
        train, val = (recording.splits[split] for split in ("train", "val"))
        rows = self.readout.draw_bins(train.valid, stream(seed, f"methods/{self.name}/bins"))
        n_neurons = len(recording.held_out)
        features = self._features(train.spikes, recording.bin_s)
        some = stream(seed, f"methods/{self.name}/neurons").permutation(n_neurons)[: self.chosen_by]
        ahead = self._features(val.spikes, recording.bin_s)
        bits = []
        for ridge in self.readout.ridges:
            fit = self._fit(features, recording, rows, np.sort(some), ridge)
            bits.append(_bits(fit.expected(ahead) / recording.bin_s, recording, np.sort(some)))
        ridge = self.readout.ridges[best(bits)]
        everyone = np.arange(n_neurons)
        fit = self._fit(features, recording, rows, everyone, ridge)
        return Answer(
            self.name,
            recording.dataset,
            self._splits(recording, rows, ridge, fit),
            parameters={"ridge": ridge, "val_bps": max(bits), "val_bps_by_ridge": list(bits)},
            connectivity=self._connectivity(fit, n_neurons),
        )

    def _features(self, spikes: np.ndarray, bin_s: float) -> np.ndarray:
        """Give (trial, time, neuron × filter)."""
        return history(spikes, self.taus_s, bin_s).reshape(*spikes.shape[:2], -1)

    def _fit(
        self,
        features: np.ndarray,
        recording: Recording,
        rows: tuple[np.ndarray, np.ndarray],
        neurons: np.ndarray,
        ridge: float,
    ) -> PoissonMap:
        train = recording.splits["train"]
        seen = train.seen[rows]
        return fit_poisson(
            features[rows],
            train.spikes[rows][:, neurons],
            seen if seen.shape[1] == 1 else seen[:, neurons],
            ridge,
        )

    def _connectivity(self, fit: PoissonMap, n_neurons: int) -> np.ndarray:
        """Give (neuron, source neuron): filters have an area of 1, so their weights add up."""
        return fit.weights.reshape(n_neurons, len(self.taus_s), n_neurons).sum(axis=1).T.astype(np.float32)

    def _splits(
        self, recording: Recording, rows: tuple[np.ndarray, np.ndarray], ridge: float, of_all: PoissonMap
    ) -> dict[str, SplitAnswer]:
        inside = {
            split: self._features(recording.held_in_spikes(split), recording.bin_s)
            for split in recording.splits
        }
        fit = of_all
        if recording.held_out.any():
            everyone = np.arange(len(recording.held_out))
            fit = self._fit(inside["train"], recording, rows, everyone, ridge)
        bin_s = np.float32(recording.bin_s)
        return {split: SplitAnswer(fit.expected(array) / bin_s) for split, array in inside.items()}


def _bits(rates_hz: np.ndarray, recording: Recording, neurons: np.ndarray) -> float:
    """Give the bits per spike of rates (trial, time, neuron) of some neurons on the validation trials."""
    val = recording.splits["val"]
    seen = val.seen if val.seen.shape[2] == 1 else val.seen[..., neurons]
    sums = SpikeSums.of(val.spikes[..., neurons], rates_hz, seen, recording.bin_s)
    return float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(rates_hz))))[0]))

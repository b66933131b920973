"""A population of neurons that hear each other, by penalised Poisson regression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec import scratch
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
        features = self._features_at(train.spikes, rows, recording.bin_s)
        some = stream(seed, f"methods/{self.name}/neurons").permutation(n_neurons)[: self.chosen_by]
        bits = []
        for ridge in self.readout.ridges:
            fit = self._fit(features, recording, rows, np.sort(some), ridge)
            rates_hz = self._rates_hz(fit, val.spikes, recording.bin_s)
            bits.append(_bits(rates_hz, recording, np.sort(some)))
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

    def _pieces(self, spikes: np.ndarray) -> Iterator[slice]:
        """Give trials whose features fit into memory."""
        return scratch.pieces((*spikes.shape, len(self.taus_s)))

    def _features_at(
        self, spikes: np.ndarray, rows: tuple[np.ndarray, np.ndarray], bin_s: float
    ) -> np.ndarray:
        """Give the features (bin, neuron × filter) of some bins, which are in the order of their trials."""
        trials, times = rows
        found = []
        for piece in self._pieces(spikes):
            own = slice(*np.searchsorted(trials, [piece.start, piece.stop]))
            found.append(self._features(spikes[piece], bin_s)[trials[own] - piece.start, times[own]])
        return np.concatenate(found)

    def _rates_hz(self, fit: PoissonMap, spikes: np.ndarray, bin_s: float) -> np.ndarray:
        """Give rates (trial, time, neuron) float32."""
        found = scratch.empty((*spikes.shape[:2], len(fit.intercepts)), np.float32)
        for piece in self._pieces(spikes):
            found[piece] = fit.rates_hz(self._features(spikes[piece], bin_s), bin_s)
        return found

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
            features,
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
        inside = {split: recording.held_in_spikes(split) for split in recording.splits}
        fit = of_all
        if recording.held_out.any():
            everyone = np.arange(len(recording.held_out))
            features = self._features_at(inside["train"], rows, recording.bin_s)
            fit = self._fit(features, recording, rows, everyone, ridge)
        return {
            split: SplitAnswer(self._rates_hz(fit, spikes, recording.bin_s))
            for split, spikes in inside.items()
        }


def _bits(rates_hz: np.ndarray, recording: Recording, neurons: np.ndarray) -> float:
    """Give the bits per spike of rates (trial, time, neuron) of some neurons on the validation trials."""
    val = recording.splits["val"]
    seen = val.seen if val.seen.shape[2] == 1 else val.seen[..., neurons]
    sums = SpikeSums.of(scratch.columns(val.spikes, neurons), rates_hz, seen, recording.bin_s)
    return float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(rates_hz))))[0]))

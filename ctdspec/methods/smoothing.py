"""The least that a data model should beat: smoothed spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec import scratch
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.kernel import leave_bin_out, smoothed_hz
from ctdspec.methods.readout import Readout, held_out_bits
from ctdspec.methods.selection import best, for_selection
from ctdspec.metrics.poisson_map import PoissonMap, fit_poisson
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar, SplitAnswer


class Smoothing(Baseline):
    """Smooth the spikes of each held-in neuron with a Gaussian; predict the others from the smoothed ones.

    States are ``log(smoothed rate + offset_hz)`` of the held-in neurons, which is what the readout of the
    held-out neurons reads: with an exponential link, true log rates are linear in the latents. The rates of
    the held-in neurons themselves have a kernel of their own, wider as a rule: one neuron's spikes are fewer
    than what a population tells together.
    """

    kind: Literal["smoothing"]
    widths_s: list[PositiveFloat] = Field(min_length=1, max_length=32)
    """Standard deviations of the kernel to choose from, in seconds."""
    floor_hz: float = Field(gt=0, le=100)
    """Least rate of a held-in neuron: far from any spike the smoothed rate is 0, which no neuron's is."""
    offset_hz: float = Field(gt=0, le=100)
    """Added to smoothed rates before their logarithm is taken; about one spike per width of the kernel."""
    readout: Readout
    """How held-out neurons are predicted."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the widths and the ridge on validation trials; then answer.

        The width and the ridge of the readout are chosen by held-out neurons, the width of the held-in
        neurons' own rates by how well the other bins of a trial predict each bin.
        """
        valid = recording.splits["train"].valid
        bins = self.readout.draw_bins(valid, stream(seed, f"methods/{self.name}/bins"))
        selection = for_selection(recording)
        by_width = [self._bits(selection, width, bins, self.readout.ridges[:1])[0] for width in self.widths_s]
        width_s = self.widths_s[best(by_width)]
        by_ridge = self._bits(selection, width_s, bins, self.readout.ridges)
        ridge = self.readout.ridges[best(by_ridge)]
        own = [-_left_out_error(recording, width) for width in self.widths_s]
        own_width_s = self.widths_s[best(own)]

        splits, readout = {}, None
        for split in ("train", "val", "test"):
            states = self._states(recording, split, width_s)
            if readout is None:
                counts, seen = (
                    recording.held_out_spikes("train")[bins],
                    recording.held_out_seen("train")[bins],
                )
                readout = fit_poisson(states[bins], counts, seen, ridge)
            own_hz = smoothed_hz(recording, split, own_width_s)
            splits[split] = SplitAnswer(self._rates_hz(recording, own_hz, states, readout), states)
        parameters: dict[str, Scalar | list[Scalar]] = {
            "width_s": width_s,
            "own_width_s": own_width_s,
            "ridge": ridge,
            "val_co_bps": max(by_ridge),
            "val_co_bps_by_width": list(by_width),
            "val_co_bps_by_ridge": list(by_ridge),
        }
        return Answer(self.name, recording.dataset, splits, parameters=parameters)

    def _bits(
        self,
        recording: Recording,
        width_s: float,
        bins: tuple[np.ndarray, np.ndarray],
        ridges: list[float],
    ) -> list[float]:
        train, val = (self._states(recording, split, width_s) for split in ("train", "val"))
        return held_out_bits(train, val, recording, bins, ridges)

    def _states(self, recording: Recording, split: str, width_s: float) -> np.ndarray:
        states = smoothed_hz(recording, split, width_s)
        states += np.float32(self.offset_hz)
        return np.log(states, out=states)

    def _rates_hz(
        self, recording: Recording, own_hz: np.ndarray, states: np.ndarray, readout: PoissonMap
    ) -> np.ndarray:
        """Give the rates of all neurons: the held-in ones smoothed, the held-out ones predicted."""
        rates_hz = scratch.empty((*states.shape[:2], len(recording.held_out)), np.float32)
        for piece in scratch.pieces(rates_hz):
            rates_hz[piece][..., recording.held_in] = np.maximum(own_hz[piece], np.float32(self.floor_hz))
            rates_hz[piece][..., recording.held_out] = readout.rates_hz(states[piece], recording.bin_s)
        return rates_hz


def _left_out_error(recording: Recording, width_s: float) -> float:
    """Give the squared error of validation counts, each bin predicted without its own count.

    But for a constant, its expectation is the squared error of the smoothed rates (least-squares
    cross-validation; Rudemo 1982). The Poisson likelihood would rather punish narrow kernels for their zeros.
    """
    counts, seen = recording.held_in_spikes("val"), recording.held_in_seen("val")
    others = leave_bin_out(counts, recording.splits["val"].valid, width_s / recording.bin_s)
    errors = (np.where(seen[piece], counts[piece] - others[piece], 0) for piece in scratch.pieces(counts))
    return sum(float(np.square(error).sum(dtype=np.float64)) for error in errors)

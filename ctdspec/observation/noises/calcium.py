"""Calcium fluorescence of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.observation.noise import Hidden, Noise, RatesBlocks, Sample, SignalKind
from ctdspec.spec.component import OneOf

_BEFORE = 5.0
"""Decay times before a trial: less than 1 % is left of the calcium from before them."""


class Calcium(Noise):
    """Fluorescence of an indicator: each spike adds a transient, and the camera adds Gaussian noise.

    An autoregressive process of order 2, or of order 1 where `rise_s` is 0 (Vogelstein et al. 2010;
    Pnevmatikakis et al. 2016): ``c[t] = (d + r) c[t − 1] − d r c[t − 2] + a spikes[t]`` with
    ``d = exp(−bin / decay_s)`` and ``r = exp(−bin / rise_s)``. The spikes of a bin count from its start.
    A trial starts with the calcium of five decay times at the rates of its first bin, spikes that are not
    recorded anywhere: a recording that is cut into trials does not begin in the dark.
    """

    kind: Literal["calcium"]
    spikes: Annotated[Noise, OneOf("noise")]
    """The law of the spikes, which the recording does not show."""
    decay_s: float = Field(gt=0, le=100)
    """Time constant of the decay in seconds."""
    rise_s: float = Field(ge=0, le=100)
    """Time constant of the rise in seconds, shorter than that of the decay; 0 for a rise within a bin."""
    amplitude: float = Field(gt=0, le=1e6)
    """Peak of the transient of one spike, in units of fluorescence: the largest of its samples."""
    baseline: float = Field(ge=0, le=1e6)
    """Fluorescence without calcium."""
    noise_sd: float = Field(ge=0, le=1e6)
    """Standard deviation of the noise of a sample, in units of fluorescence."""

    records: ClassVar[Literal["spikes", "signals"]] = "signals"
    signal_kind: ClassVar[SignalKind | None] = "fluorescence"

    @model_validator(mode="after")
    def _ensure_is_a_transient_of_spikes(self) -> Calcium:
        if self.spikes.records != "spikes":
            raise ValueError(f"spikes must be a law that records spikes, and {self.spikes.kind} does not")
        if self.spikes.discrete_states is not None:
            raise ValueError(
                "spikes: couplings that switch with discrete states are not seen as calcium; leave"
                " coupling.states out, or record the spikes"
            )
        if not self.rise_s < self.decay_s:
            raise ValueError(
                f"rise_s ({self.rise_s:g}) must be shorter than decay_s ({self.decay_s:g}): a transient rises"
                " faster than it decays"
            )
        return self

    @property
    def hidden(self) -> tuple[Hidden, ...]:
        """What the law of the spikes hides, and the calcium without noise."""
        calcium = Hidden("calcium", "time neuron", "a.u.", "calcium, in units of fluorescence")
        return (*self.spikes.hidden, calcium)

    def steps_per_bin(self, bin_s: float) -> int:
        """Give the steps of the spikes; the fluorescence has one value for each bin."""
        return self.spikes.steps_per_bin(bin_s)

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse what the law of the spikes refuses."""
        self.spikes.ensure_realises(mean_hz, peak_hz, bin_s)

    def prepare(
        self, train: RatesBlocks, n_neurons: int, bin_s: float, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Prepare the law of the spikes."""
        return self.spikes.prepare(train, n_neurons, bin_s, rng)

    def sample(
        self,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw spikes, and the fluorescence that they cause; the spikes are hidden."""
        n_before = int(np.ceil(_BEFORE * self.decay_s / bin_s))
        before_hz = np.repeat(rates_hz[:, :1], n_before, axis=1)
        drawn = self.spikes.sample(np.concatenate([before_hz, rates_hz], axis=1), bin_s, prepared, rng)
        assert drawn.spikes is not None  # a law that records spikes, as is ensured above
        n_trials, n_bins, n_neurons = rates_hz.shape
        counts = drawn.spikes.reshape(n_trials, n_before + n_bins, -1, n_neurons).sum(axis=2)
        calcium = np.ascontiguousarray(self.calcium(counts, bin_s)[:, n_before:])
        signals = rng.standard_normal(calcium.shape, np.float32)
        signals *= np.float32(self.noise_sd)
        signals += calcium
        signals += np.float32(self.baseline)
        spikes = drawn.spikes[:, n_before * self.steps_per_bin(bin_s) :]
        hidden = {name: array[:, n_before:] for name, array in drawn.hidden.items()}
        return Sample(spikes, signals, {**hidden, "calcium": calcium})

    def calcium(self, counts: np.ndarray, bin_s: float) -> np.ndarray:
        """Give the calcium (trial, time, neuron) float32 that spikes per bin (trial, time, neuron) cause."""
        from scipy.signal import lfilter

        decay, rise = self._roots(bin_s)
        gain = self.amplitude / _peak(decay, rise)
        made = lfilter([gain], [1.0, -(decay + rise), decay * rise], counts.astype(np.float64), axis=1)
        return np.asarray(made, np.float32)

    def _roots(self, bin_s: float) -> tuple[float, float]:
        """Give the factors by which decay and rise shrink in a bin."""
        return float(np.exp(-bin_s / self.decay_s)), float(
            np.exp(-bin_s / self.rise_s)
        ) if self.rise_s else 0.0


def _peak(decay: float, rise: float) -> float:
    """Give the largest sample of the impulse response, (decay^(k+1) − rise^(k+1)) / (decay − rise)."""
    if rise == 0:
        return 1.0
    # Its derivative vanishes once; the sample before or after that is the largest.
    last = np.log(np.log(rise) / np.log(decay)) / np.log(decay / rise)
    powers = np.maximum(np.floor(last) + np.arange(2), 1)
    return float(((decay**powers - rise**powers) / (decay - rise)).max())

"""From what a method takes for the state to the rates of neurons: a Poisson regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.metrics.bits import SpikeSums
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.spec.node import Node
from ctdspec.store.recording import Recording


class Readout(Node):
    """How rates are read from features: Poisson regression with log link and a ridge penalty."""

    ridges: list[PositiveFloat] = Field(min_length=1, max_length=32)
    """Penalties to choose from. Whatever else a method chooses is chosen with the first of them, and then the
    penalty itself, always by the bits per spike of held-out neurons on the validation trials."""
    fit_bins: int = Field(ge=100, le=100_000_000)
    """Number of time bins of the train trials, drawn at random, that the regression is fitted to."""

    def draw_bins(self, valid: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the bins of the fit: sorted indices (trial, time) of `fit_bins` valid bins, or of all."""
        trials, times = np.nonzero(valid)
        drawn = np.sort(rng.permutation(len(trials))[: self.fit_bins])
        return trials[drawn], times[drawn]


def held_out_bits(
    train: np.ndarray,
    val: np.ndarray,
    recording: Recording,
    bins: tuple[np.ndarray, np.ndarray],
    ridges: Sequence[float],
) -> list[float]:
    """Give the bits per spike of the held-out neurons on the validation trials, for each ridge.

    0 if they have no spike there: no choice is better than another then.

    Parameters
    ----------
    train, val : (trial, time, feature) float32
        Features from held-in neurons.
    recording : Recording
    bins : two (bin,) arrays
        Trials and times of the train bins that the regression is fitted to.
    ridges : sequence of float
    """
    counts = recording.held_out_spikes("train")[bins]
    seen = recording.held_out_seen("train")[bins]
    spikes, val_seen = recording.held_out_spikes("val"), recording.held_out_seen("val")
    bits = []
    for ridge in ridges:
        rates_hz = fit_poisson(train[bins], counts, seen, ridge).expected(val) / recording.bin_s
        sums = SpikeSums.of(spikes, rates_hz, val_seen, recording.bin_s)
        bits.append(float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(val_seen))))[0])))
    return bits

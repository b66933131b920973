"""From what a method takes for the state to the rates of neurons: a Poisson regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.metrics.bits import SpikeSums
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.spec.node import Node
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import SplitAnswer


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
    bits = []
    for ridge in ridges:
        rates_hz = fit_poisson(train[bins], counts, seen, ridge).rates_hz(val, recording.bin_s)
        bits.append(bits_of(rates_hz, recording))
    return bits


def bits_of(rates_hz: np.ndarray, recording: Recording) -> float:
    """Give the bits per spike of rates (trial, time, held-out neuron) on the validation trials.

    0 if the held-out neurons have no spike there: no choice is better than another then.
    """
    spikes, seen = recording.held_out_spikes("val"), recording.held_out_seen("val")
    sums = SpikeSums.of(spikes, rates_hz, seen, recording.bin_s)
    return float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(spikes))))[0]))


def answered(
    recording: Recording,
    states: Mapping[str, np.ndarray],
    bins: tuple[np.ndarray, np.ndarray],
    ridge: float,
) -> dict[str, SplitAnswer]:
    """Give the answer of every split whose rates, of all neurons, are read from the states.

    Parameters
    ----------
    recording : Recording
    states : mapping of split to (trial, time, latent) float32
        "train" is among them.
    bins : two (bin,) arrays
        Trials and times of the train bins that the regression is fitted to.
    ridge : float
    """
    train = recording.splits["train"]
    readout = fit_poisson(states["train"][bins], train.spikes[bins], train.seen[bins], ridge)
    return {
        split: SplitAnswer(readout.rates_hz(array, recording.bin_s), array) for split, array in states.items()
    }

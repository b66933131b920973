"""From what a method takes for the state to the rates of neurons: a Poisson regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.metrics.bits import SpikeSums
from ctdspec.spec.node import Node
from ctdspec.store.recording import Recording

_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class PoissonMap:
    """Expected counts as the exponential of a linear function of features.

    Attributes
    ----------
    weights : (feature, neuron) float64
    intercepts : (neuron,) float64
    largest : (neuron,) float64
        Largest expected count that is ever given: the largest count seen. It keeps features beyond those of
        the fit from giving absurd rates.
    """

    weights: np.ndarray
    intercepts: np.ndarray
    largest: np.ndarray

    def expected(self, features: np.ndarray) -> np.ndarray:
        """Give expected counts per bin, (trial, time, neuron) float32, of features (trial, time, feature)."""
        logs = features @ self.weights.astype(np.float32)
        logs += self.intercepts.astype(np.float32)
        np.minimum(logs, np.log(self.largest).astype(np.float32), out=logs)
        return np.exp(logs, out=logs)


def fit_poisson(features: np.ndarray, counts: np.ndarray, seen: np.ndarray, ridge: float) -> PoissonMap:
    """Fit a Poisson regression with log link for each neuron.

    Minimised is the mean Poisson deviance / 2 plus ``ridge / 2`` times the sum of the squared weights of the
    standardised features; a constant feature gets no weight. A neuron without spikes gets a constant rate, as
    if half a spike had been seen.

    Parameters
    ----------
    features : (bin, feature)
    counts : (bin, neuron)
    seen : (bin, neuron or 1) bool
        Where each neuron was recorded: its fit leaves the other bins out.
    ridge : float
        Penalty per bin, on weights of features of unit variance.
    """
    from sklearn.linear_model import PoissonRegressor

    mean, sd = features.mean(axis=0, dtype=float), features.std(axis=0, dtype=float)
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 1e-6 * np.abs(mean))
    # In float32 and by columns the fit takes half the time and differs in the seventh digit.
    standard = np.asfortranarray((features - mean) * scale, np.float32)

    weights = np.zeros((features.shape[1], counts.shape[1]))
    intercepts = np.full(counts.shape[1], np.log(0.5 / len(counts)))
    rows = np.broadcast_to(seen, counts.shape)
    for neuron in np.flatnonzero((counts * rows).any(axis=0)):
        model = PoissonRegressor(alpha=ridge, solver="newton-cholesky", max_iter=_MAX_ITERATIONS)
        own = slice(None) if rows[:, neuron].all() else rows[:, neuron]
        model.fit(standard[own], counts[own, neuron].astype(np.float32))
        weights[:, neuron], intercepts[neuron] = model.coef_ * scale, model.intercept_
    return PoissonMap(weights, intercepts - mean @ weights, np.maximum(counts.max(axis=0), 1).astype(float))


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

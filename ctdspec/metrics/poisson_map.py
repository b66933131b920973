"""Poisson regression: rates of neurons from anything that is known about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec import scratch

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
        weights, intercepts, largest = (
            array.astype(np.float32) for array in (self.weights, self.intercepts, np.log(self.largest))
        )

        def piece(features: np.ndarray) -> np.ndarray:
            logs = features @ weights
            logs += intercepts
            np.minimum(logs, largest, out=logs)
            return np.exp(logs, out=logs)

        return scratch.by_pieces(piece, features, n_columns=len(intercepts))

    def rates_hz(self, features: np.ndarray, bin_s: float) -> np.ndarray:
        """Give the same as rates in Hz."""
        rates_hz = self.expected(features)
        rates_hz /= np.float32(bin_s)
        return rates_hz


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

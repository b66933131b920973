"""Linear Gaussian state spaces: what is known of their states, and how likely a recording is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StateSpace:
    """x(t) = A x(t−1) + B u(t) + w, y(t) = C x(t) + v, with Gaussian w of covariance Q and v of diagonal R.

    Attributes
    ----------
    step : (latent, latent)
        A.
    gains : (latent, input)
        B.
    noise : (latent, latent)
        Q, positive definite.
    emission : (neuron, latent)
        C.
    emission_noise : (neuron,)
        Diagonal of R, positive.
    first_mean : (latent,)
    first_covariance : (latent, latent)
        Of x in the first bin.
    """

    step: np.ndarray
    gains: np.ndarray
    noise: np.ndarray
    emission: np.ndarray
    emission_noise: np.ndarray
    first_mean: np.ndarray
    first_covariance: np.ndarray


@dataclass(frozen=True)
class Posterior:
    """The states given whole trials of one length.

    Attributes
    ----------
    means : (trial, time, latent)
    covariances : (time, latent, latent)
        The same in every trial.
    neighbours : (time - 1, latent, latent)
        Covariances of x(t + 1) with x(t).
    log_likelihood : (trial,)
        In nats.
    """

    means: np.ndarray
    covariances: np.ndarray
    neighbours: np.ndarray
    log_likelihood: np.ndarray


def smooth(model: StateSpace, observed: np.ndarray, inputs: np.ndarray) -> Posterior:
    """Give the states given all observations (Kalman 1960; Rauch, Tung & Striebel 1965).

    Parameters
    ----------
    model
    observed : (trial, time, neuron)
    inputs : (trial, time, input)
        What enters the state of the same bin; that of the first bin is not used.
    """
    n_trials, n_bins, _ = observed.shape
    n = len(model.step)
    precise = model.emission / model.emission_noise[:, None]
    information, drive = model.emission.T @ precise, inputs @ model.gains.T
    predicted, filtered = np.empty((n_bins, n, n)), np.empty((n_bins, n, n))
    expected, means = np.empty((n_trials, n_bins, n)), np.empty((n_trials, n_bins, n))
    log_likelihood = np.zeros(n_trials)
    fixed = float(np.sum(np.log(2 * np.pi * model.emission_noise)))
    mean, covariance = np.broadcast_to(model.first_mean, (n_trials, n)), model.first_covariance
    for t in range(n_bins):
        if t:
            mean = means[:, t - 1] @ model.step.T + drive[:, t]
            covariance = model.step @ filtered[t - 1] @ model.step.T + model.noise
        predicted[t], expected[:, t] = covariance, mean
        filtered[t] = _symmetric(np.linalg.inv(np.linalg.inv(covariance) + information))
        error = observed[:, t] - mean @ model.emission.T
        surprise = error @ precise
        means[:, t] = mean + surprise @ filtered[t]
        volume = fixed + np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(filtered[t])[1]
        squares = np.sum(error**2 / model.emission_noise, axis=1)
        log_likelihood -= (volume + squares - np.sum((surprise @ filtered[t]) * surprise, axis=1)) / 2
    return _backward(model, predicted, filtered, expected, means, log_likelihood)


def _backward(
    model: StateSpace,
    predicted: np.ndarray,
    filtered: np.ndarray,
    expected: np.ndarray,
    means: np.ndarray,
    log_likelihood: np.ndarray,
) -> Posterior:
    """Go back from the last bin; the means are changed in place."""
    covariances = filtered.copy()
    gains = np.linalg.solve(predicted[1:], model.step @ filtered[:-1]).swapaxes(1, 2)
    for t in range(len(filtered) - 2, -1, -1):
        means[:, t] += (means[:, t + 1] - expected[:, t + 1]) @ gains[t].T
        covariances[t] += gains[t] @ (covariances[t + 1] - predicted[t + 1]) @ gains[t].T
    neighbours = covariances[1:] @ gains.swapaxes(1, 2)
    return Posterior(means, covariances, neighbours, log_likelihood)


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2

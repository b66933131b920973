"""Data that share simple statistics with a system and nothing of its dynamics: what chance looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def phase_randomised(states: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give states of which every dimension of every trial keeps its power spectrum and its mean.

    Fourier phases are drawn anew for every dimension (Theiler et al. 1992), so what dimensions have to do
    with each other is lost, and so is everything beyond the second moments.

    Parameters
    ----------
    states : (trial, time, latent)
    valid : (trial, time) bool
        The valid bins of a trial are taken as one series.
    rng : numpy.random.Generator

    Returns
    -------
    (trial, time, latent) float64, zero where not valid.
    """
    made = np.zeros(states.shape)
    for trial, inside in enumerate(valid):
        n_bins = int(inside.sum())
        spectrum = np.fft.rfft(states[trial, inside], axis=0)
        turns = np.exp(2j * np.pi * rng.random(spectrum.shape))
        turns[0] = 1
        if n_bins % 2 == 0:
            turns[-1] = 1  # the phase of the highest frequency of an even number of bins is not free
        made[trial, inside] = np.fft.irfft(spectrum * turns, n_bins, axis=0)
    return made


@dataclass(frozen=True)
class LinearLaw:
    """A stationary linear process: x(t + 1) = mean + (x(t) - mean) step + noise.

    Attributes
    ----------
    mean : (latent,) float64
    step, kick : (latent, latent) float64
        The kick is the covariance of the noise.
    """

    mean: np.ndarray
    step: np.ndarray
    kick: np.ndarray

    @classmethod
    def fit(cls, states: np.ndarray, valid: np.ndarray) -> LinearLaw:
        """Match mean, covariance and one-bin covariance of states (trial, time, latent) in valid bins.

        By least squares on all pairs of successive valid bins. Where the data would make it grow, the step
        is shrunk until its spectral radius is 0.999.
        """
        mean = states[valid].mean(axis=0, dtype=float)
        pairs = valid[:, :-1] & valid[:, 1:]
        now, then = states[:, :-1][pairs] - mean, states[:, 1:][pairs] - mean
        step = np.linalg.lstsq(now, then, rcond=None)[0]
        step *= min(1, 0.999 / np.abs(np.linalg.eigvals(step)).max())
        return cls(mean, step, np.cov((then - now @ step).T, bias=True).reshape(step.shape))


def matched_ou(states: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give a stationary linear process with the mean, covariance and one-bin covariance of states.

    A sampled Ornstein–Uhlenbeck process, of the `LinearLaw` of the states.

    Parameters
    ----------
    states : (trial, time, latent)
    valid : (trial, time) bool
    rng : numpy.random.Generator

    Returns
    -------
    (trial, time, latent) float64
    """
    from scipy.linalg import solve_discrete_lyapunov

    law = LinearLaw.fit(states, valid)
    n_trials, n_bins, n_latents = states.shape
    noise = _gaussian(law.kick, (n_trials, n_bins), rng)
    made = np.empty((n_trials, n_bins, n_latents))
    made[:, 0] = _gaussian(solve_discrete_lyapunov(law.step.T, law.kick), (n_trials,), rng)
    for t in range(1, n_bins):
        made[:, t] = made[:, t - 1] @ law.step + noise[:, t]
    return made + law.mean


def _gaussian(covariance: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw from a normal distribution whose covariance may be singular, (*shape, latent)."""
    values, axes = np.linalg.eigh((covariance + covariance.T) / 2)
    return rng.standard_normal((*shape, len(values))) * np.sqrt(np.maximum(values, 0)) @ axes.T

"""What laws say about the variance of counts, where they say it in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdspec.observation.modulations.shared_gain import SharedGain
from ctdspec.observation.noises._tabulated import least_fano
from ctdspec.observation.noises.bernoulli import Bernoulli
from ctdspec.observation.noises.conway_maxwell_poisson import ConwayMaxwellPoisson
from ctdspec.observation.noises.gamma_renewal import GammaRenewal
from ctdspec.observation.noises.gaussian import Gaussian
from ctdspec.observation.noises.negative_binomial import NegativeBinomial
from ctdspec.observation.noises.poisson import Poisson
from ctdspec.observation.observation import Observation

Law = Callable[[np.ndarray], np.ndarray]
"""Gives the variances of means, elementwise."""


def predicted_variance(observation: Observation, window_bins: int) -> tuple[str, Law] | None:
    """Give what variance is to be expected at a mean, and its formula in words; None if no formula is known.

    Means and variances are over trials of one trajectory, of counts in windows of so many bins or of the
    mean signal in them, for rates that hardly change within a window.
    """
    match observation.modulations or [], observation.noise:
        case [], noise:
            return _of_noise(noise, window_bins)
        case [SharedGain(variance=variance)], Poisson():
            # Goris, Movshon & Simoncelli 2014, equation 3
            return f"mean + {variance:g} × mean²", lambda mean: mean + variance * mean**2
    return None


def _of_noise(noise: object, n: int) -> tuple[str, Law] | None:
    match noise:
        case Bernoulli():
            return "Σ p (1 − p)", lambda mean: mean * np.maximum(1 - mean / n, 0)
        case NegativeBinomial(fano=fano):
            return f"{fano:g} × mean", lambda mean: fano * mean
        case ConwayMaxwellPoisson(fano=fano):
            words = f"{fano:g} × mean, or least"
            return words, lambda mean: mean * np.maximum(fano, least_fano(mean / n))
        case GammaRenewal(order=order):
            return f"mean / {order:g}, long windows", lambda mean: mean / order
        case Gaussian(sd_hz=sd_hz):
            return f"{sd_hz:g}² / {n} bins", lambda mean: np.full_like(mean, sd_hz**2 / n)
    return None
